"""Why a run that waits has not begun yet."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foureyes.models import JobResult, Worker
from foureyes.runs.queries import queue_ahead


class Reason(StrEnum):
    """What has to happen first, the most telling of several."""

    ATTEMPT = "attempt"  # the time of its next attempt comes
    WORKER = "worker"  # a worker takes runs of its queue
    LIMIT = "limit"  # another run of the job ends
    LINE = "line"  # runs before it begin
    SLOT = "slot"  # it is next


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The reason, and how many runs begin before this one."""

    reason: Reason
    ahead: int


def why_it_waits(run: JobResult, *, now: datetime) -> Waiting:
    """Of a pending run."""
    ahead = queue_ahead(run)
    if run.available_at > now:
        reason = Reason.ATTEMPT
    elif not any(run.queue in queues for queues in Worker.objects.taking_runs(now).values_list("queues", flat=True)):
        reason = Reason.WORKER
    elif _job_is_full(run):
        reason = Reason.LIMIT
    else:
        reason = Reason.LINE if ahead else Reason.SLOT
    return Waiting(reason=reason, ahead=ahead)


def _job_is_full(run: JobResult) -> bool:
    limit = run.job_model.concurrency_limit if run.job_model else None
    if limit is None:
        return False
    return JobResult.objects.filter(job_model=run.job_model_id, concurrency_slot__isnull=False).count() >= limit

"""Asks for a run. All interfaces come through here, so all of them refuse alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foureyes.catalog.inputs import clean_inputs
from foureyes.catalog.refusals import refusal_to_run, refusal_to_schedule
from foureyes.errors import Invalid, NotAllowed, Unavailable
from foureyes.models import InputFile, Job, JobResult, ScheduledJob, Worker
from foureyes.runs.enqueue import Purpose, allowed_queues, approval_needed, enqueue
from foureyes.schedules.create import create
from foureyes.schedules.plan import plan_of
from foureyes.users.models import User
from foureyes.users.permissions import may


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What came of it: a run, or a scheduled job."""

    job_result: JobResult | None = None
    schedule: ScheduledJob | None = None


def submit(
    *,
    job: Job,
    by: User,
    data: Any,
    files: Mapping[str, InputFile],
    commit: bool | None = None,
    queue: str | None = None,
    schedule: Mapping[str, Any] | None = None,
    now: datetime,
) -> Submitted:
    """Ask for a run with these inputs, now or as `schedule` says (`name`, `description`, and the fields of a plan).

    None for `commit` and `queue`: as the job has it; a schedule with the interval `immediately` is the same as none.
    Refuses, in the order of the 1.x server: no permission, the job's state, the queue, the inputs, no worker that would
    take it now; and a gated job, which needs an approval.
    """
    demand_right(by, "run", job)
    later = schedule is not None and schedule["interval"] != ScheduledJob.Interval.IMMEDIATELY
    if refusal := refusal_to_schedule(job) if later else refusal_to_run(job):
        raise refusal
    demand_queue(job, queue)
    values = clean_inputs(job=job, data=data, files=files, user=by, now=now)
    commit = job.commit_default if commit is None else commit
    if schedule is not None and later:
        stored = create(
            job=job,
            by=by,
            values=values,
            commit=commit,
            queue=queue,
            plan=plan_of(schedule),
            name=schedule["name"],
            description=schedule.get("description", ""),
            input_files=files.values(),
            now=now,
        )
        return Submitted(schedule=stored)
    if job.gated:
        raise approval_needed(job)
    demand_worker(queue or allowed_queues(job)[0], now)
    run = enqueue(
        job=job,
        user=by,
        values=values,
        commit=commit,
        queue=queue,
        input_files=files.values(),
        now=now,
    )
    return Submitted(job_result=run)


def dry_run(
    *, job: Job, by: User, data: Any, files: Mapping[str, InputFile], queue: str | None = None, now: datetime
) -> JobResult:
    """Run with commit off, at once. A gated job's only for who may approve it: commit is the author's promise (G1)."""
    demand_right(by, "run", job)
    if refusal := refusal_to_run(job):
        raise refusal
    if job.gated:
        demand_right(by, "approve", job)
    demand_queue(job, queue)
    values = clean_inputs(job=job, data=data, files=files, user=by, now=now)
    return enqueue(
        job=job,
        user=by,
        values=values,
        commit=False,
        purpose=Purpose.DRY_RUN,
        queue=queue,
        input_files=files.values(),
        now=now,
    )


def demand_right(by: User, action: str, job: Job) -> None:
    """Refuses who may not do that to the job."""
    if not may(by, action, Job, job):
        raise NotAllowed(f"You may not {action} {job.name}.", code=f"may_not_{action}")


def demand_queue(job: Job, queue: str | None) -> None:
    """Refuses a queue that the job does not name."""
    if queue is not None and queue not in allowed_queues(job):
        raise Invalid(fields={"task_queue": [f'"{queue}" is not a valid choice.']}, code="queue_not_allowed")


def demand_worker(queue: str, now: datetime) -> None:
    """Refuses when nobody would take a run from the queue."""
    listening = (set(queues) for queues in Worker.objects.taking_runs(now).values_list("queues", flat=True))
    if not any(queue in queues for queues in listening):
        raise Unavailable(
            f"Unable to process request: No celery workers running on queue {queue}.", code="no_worker_on_queue"
        )

"""The one table of states: key, word, icon and tint, so that they never disagree, and which row is in which state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from foureyes.models import ApprovalRequest, JobResult, ScheduledJob


@dataclass(frozen=True, slots=True)
class StateLook:
    """How a state is shown: always all three."""

    word: str
    icon: str
    tint: str  # a class of app.css: ok bad wait late run idle acc


STATES: dict[str, StateLook] = {
    "awaiting": StateLook("Awaiting approval", "eye", "wait"),
    "past_due": StateLook("Past due", "alarm-clock", "late"),
    "approved": StateLook("Approved", "circle-check", "ok"),
    "denied": StateLook("Denied", "ban", "bad"),
    "withdrawn": StateLook("Withdrawn", "circle-minus", "idle"),
    "expired": StateLook("Expired", "timer-off", "idle"),
    "superseded": StateLook("Replaced", "git-compare", "idle"),
    "scheduled": StateLook("Scheduled", "calendar-clock", "acc"),
    "paused": StateLook("Paused", "pause", "idle"),
    "ended": StateLook("Ended", "circle-check", "idle"),
    "schedule_errored": StateLook("Errored", "octagon-x", "bad"),
    "deleted": StateLook("Deleted", "trash-2", "idle"),
    "queued": StateLook("Queued", "circle-dashed", "idle"),
    "running": StateLook("Running", "loader-circle", "run"),
    "stopping": StateLook("Stopping", "loader-circle", "late"),
    "succeeded": StateLook("Succeeded", "circle-check", "ok"),
    "failed": StateLook("Failed", "octagon-x", "bad"),
    "cancelled": StateLook("Cancelled", "circle-minus", "idle"),
    "lost": StateLook("Worker lost", "circle-alert", "late"),
}

PENDING, RUNNING = str(JobResult.Status.PENDING), str(JobResult.Status.RUNNING)
_ENDED_RUNS: dict[str, str] = {
    JobResult.Status.COMPLETED: "succeeded",
    JobResult.Status.FAILED: "failed",
    JobResult.Status.ERRORED: "failed",
}
_CAUSES: dict[str, str] = {JobResult.Cause.CANCELLED: "cancelled", JobResult.Cause.WORKER_LOST: "lost"}
_SCHEDULES: dict[str, str] = {
    ScheduledJob.State.PENDING: "awaiting",
    ScheduledJob.State.ACTIVE: "scheduled",
    ScheduledJob.State.PAUSED: "paused",
    ScheduledJob.State.FINISHED: "ended",
    ScheduledJob.State.ERRORED: "schedule_errored",
    ScheduledJob.State.DENIED: "denied",
    ScheduledJob.State.WITHDRAWN: "withdrawn",
    ScheduledJob.State.EXPIRED: "expired",
    ScheduledJob.State.CANCELLED: "cancelled",
    ScheduledJob.State.DELETED: "deleted",
}
_REQUESTS: dict[str, str] = {
    ApprovalRequest.State.GRANTED: "approved",
    ApprovalRequest.State.DENIED: "denied",
    ApprovalRequest.State.WITHDRAWN: "withdrawn",
    ApprovalRequest.State.EXPIRED: "expired",
    ApprovalRequest.State.SUPERSEDED: "superseded",
}


class RunLike(Protocol):
    """A run, or what stands for it in a picture."""

    @property
    def status(self) -> str: ...
    @property
    def cause(self) -> str: ...
    @property
    def cancel_requested_at(self) -> datetime | None: ...


def state_of_run(run: RunLike) -> str:
    """The key of a run's state."""
    return run_state(run.status, run.cause, cancelling=run.cancel_requested_at is not None)


def run_state(status: str, cause: str, *, cancelling: bool) -> str:
    """The same by what tells it."""
    if status == PENDING:
        return "queued"
    if status == RUNNING:
        return "stopping" if cancelling else "running"
    return _CAUSES.get(cause) or _ENDED_RUNS[status]


def state_of_schedule(schedule: ScheduledJob) -> str:
    """The key of a schedule's state."""
    return _SCHEDULES[schedule.state]


def state_of_request(request: ApprovalRequest, *, past_due: bool) -> str:
    """The key of a request's state; an open one is awaiting approval or past due."""
    if request.state == ApprovalRequest.State.OPEN:
        return "past_due" if past_due else "awaiting"
    return _REQUESTS[request.state]

"""The facts that operations on runs append."""

from datetime import datetime
from typing import Any

from foureyes.events import Kind, fact
from foureyes.models import Event, JobResult
from foureyes.users.models import User

ENDS = {
    JobResult.Status.COMPLETED: Kind.RUN_COMPLETED,
    JobResult.Status.FAILED: Kind.RUN_FAILED,
    JobResult.Status.ERRORED: Kind.RUN_ERRORED,
    JobResult.Status.PENDING: Kind.RUN_RETRIED,
}


def run_fact(*, kind: Kind, run: JobResult, at: datetime, actor: User | None = None, **data: Any) -> Event:
    """A fact about a run, under the name of its job."""
    return fact(kind=kind, at=at, actor=actor, subject=(JobResult._meta.label_lower, run.pk, run.name), data=data)


def end_fact(*, run: JobResult, at: datetime, actor: User | None = None) -> Event:
    """That a run ended, or waits for its next attempt, and why."""
    return run_fact(
        kind=ENDS[JobResult.Status(run.status)], run=run, at=at, actor=actor, cause=run.cause, attempt=run.attempt
    )

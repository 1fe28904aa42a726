"""Ends a run on a person's wish."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from foureyes.errors import Conflict, NotAllowed, Refusal
from foureyes.events import Kind, append_many
from foureyes.models import JobResult, ScheduledJob
from foureyes.runs import doorbell
from foureyes.runs.facts import end_fact, run_fact
from foureyes.runs.lifecycle import ENDED, Happening, Status, move
from foureyes.runs.statements import delete_input_files
from foureyes.runs.watchers import tell_watchers
from foureyes.users.models import User
from foureyes.users.permissions import may


def refusal_to_cancel(*, run: JobResult, by: User) -> Refusal | None:
    """Why the person cannot cancel the run as it is; None if they can. Pages ask before, the operation again."""
    if run.user_id != by.pk and not may(by, "change", JobResult, run):
        return NotAllowed("Only who asked for a run, or who may change it, can cancel it.", code="not_your_run")
    if run.status in ENDED:
        return Conflict("This run has ended already.", code="run_ended")
    return None


def cancel(*, run: JobResult, by: User, now: datetime) -> JobResult:
    """Cancel a run: one that waits ends at once, one that runs is told to its worker, which ends its processes.

    Its requester may, and whoever may change that run. Refuses as a Conflict when the run has ended or was deleted.
    """
    with transaction.atomic():
        found = JobResult.objects.select_for_update().filter(pk=run.pk).first()
        if found is None:
            raise Conflict("This run was deleted in the meantime.", code="run_deleted")
        run = found
        if refusal := refusal_to_cancel(run=run, by=by):
            raise refusal
        if run.status == Status.PENDING:
            _end_pending(run, by, now)
        elif run.cancel_requested_at is None:
            _ask_worker(run, by, now)
        transaction.on_commit(partial(tell_watchers, run.pk))
    return run


def cancel_each(*, runs: Iterable[JobResult], by: User, now: datetime) -> Counter[str]:
    """Cancel each of these on its own; gives how many were "cancelled", and of the others how many by each code."""
    outcomes: Counter[str] = Counter()
    for run in runs:
        try:
            cancel(run=run, by=by, now=now)
            outcomes["cancelled"] += 1
        except Refusal as refusal:
            outcomes[refusal.code] += 1
    return outcomes


def runs_waiting(schedule: ScheduledJob) -> QuerySet[JobResult]:
    """The approved runs of a schedule that have not started, or wait for another attempt."""
    return JobResult.objects.filter(schedule=schedule, status=Status.PENDING, grant__isnull=False)


def cancel_waiting(*, schedule: ScheduledJob, by: User, now: datetime) -> int:
    """Cancel those runs, for whoever took away their approval; gives how many."""
    with transaction.atomic():
        waiting = list(runs_waiting(schedule).select_for_update().order_by("pk"))
        for run in waiting:
            _end_pending(run, by, now)
            transaction.on_commit(partial(tell_watchers, run.pk))
    return len(waiting)


def _end_pending(run: JobResult, by: User, now: datetime) -> None:
    move(
        run=run,
        happening=Happening.ERROR,
        cause=JobResult.Cause.CANCELLED,
        completed=now,
        cancel_requested_at=now,
        cancelled_by_name=by.get_username(),
        sealed_inputs=None,
    )
    delete_input_files(run_id=run.pk)
    append_many([end_fact(run=run, at=now, actor=by)])


def _ask_worker(run: JobResult, by: User, now: datetime) -> None:
    run.cancel_requested_at, run.cancelled_by_name = now, by.get_username()
    run.save(update_fields=["cancel_requested_at", "cancelled_by_name"])
    append_many([run_fact(kind=Kind.RUN_CANCEL_REQUESTED, run=run, at=now, actor=by)])
    transaction.on_commit(doorbell.ring)

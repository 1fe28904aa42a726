"""Lets the instants pass that lie between a backup and its restore: they may have run since, and none runs twice."""

from datetime import datetime

import structlog
from django.db import transaction

from foureyes.models import Occurrence, ScheduledJob
from foureyes.schedules.ledger import drop_waiting, skip_until
from foureyes.schedules.lifecycle import Fate, Happening, State, move
from foureyes.schedules.queries import locked

log = structlog.get_logger("foureyes.schedules")
REASON = "The installation was restored from a backup; it may have run before."
LAST = "Its last instant passed before the installation was restored from a backup."


def skip_passed(*, now: datetime) -> int:
    """Give every instant up to now its line in the ledger, as skipped; gives how many schedules went on that way.

    Instants that wait for a previous run are missed. A schedule of which nothing can be told becomes errored when it
    is due, as always.
    """
    waiting = Occurrence.objects.filter(fate=Fate.QUEUED).values("scheduled_job")
    for schedule in ScheduledJob.objects.filter(pk__in=waiting):
        drop_waiting(schedule=schedule, reason=REASON, now=now)
    due = ScheduledJob.objects.filter(state=State.ACTIVE, next_run_at__lte=now).order_by("pk")
    return sum(_skip(schedule, now) for schedule in list(due))


def _skip(schedule: ScheduledJob, now: datetime) -> bool:
    try:
        with transaction.atomic():
            schedule = locked(schedule)
            columns = skip_until(schedule=schedule, reason=REASON, now=now)
            if columns["next_run_at"] is None:
                move(schedule=schedule, happening=Happening.FINISH, state_reason=LAST, **columns)
            else:
                ScheduledJob.objects.filter(pk=schedule.pk).update(**columns)
    except Exception:  # one damaged schedule keeps no backup from being restored
        log.exception("schedule.not_skipped", schedule=str(schedule.pk))
        return False
    return True

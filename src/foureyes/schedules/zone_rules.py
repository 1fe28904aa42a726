"""Follows changes of the time zone rules: stored instants were computed with the rules of their time."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import QuerySet

from foureyes.errors import Refusal
from foureyes.events import Kind, append
from foureyes.models import ScheduledJob, SystemValue
from foureyes.models.bulk import update_rows
from foureyes.schedules.lifecycle import RUNNABLE
from foureyes.schedules.triggers_of import next_undecided, trigger_of
from foureyes.triggers import forget_rules, rules_edition

log = structlog.get_logger("foureyes.schedules")
NAME = "zone_rules"
AT_ONCE = 200
FOLLOWING_THE_WALL = (ScheduledJob.Interval.DAILY, ScheduledJob.Interval.WEEKLY, ScheduledJob.Interval.CUSTOM)


class ZoneRules:
    """Compares the rules in use with those of the stored instants, and computes these anew, a few at a time.

    Several schedulers may do it at the same time: they come to the same instants.
    """

    def __init__(self) -> None:
        self._after: UUID | None = None  # the last schedule that is done; None: not under way
        self._edition = ""
        self._moved = 0

    def step(self, *, now: datetime) -> bool:
        """One part of it. Says whether there is more to do now."""
        edition = rules_edition()
        if self._after is None and not self._begin(edition):
            return False
        rows = list(_schedules().filter(pk__gt=self._after).order_by("pk")[:AT_ONCE])
        if rows:
            self._moved += recompute([row.pk for row in rows])
            self._after = rows[-1].pk
            return True
        self._end(now)
        return False

    def _begin(self, edition: str) -> bool:
        known = SystemValue.objects.filter(name=NAME).values_list("value", flat=True).first()
        if known == edition:
            return False
        if known is None and not _schedules().exists():
            SystemValue.objects.update_or_create(name=NAME, defaults={"value": edition})
            return False
        log.info("zones.changed", before=known, after=edition)
        forget_rules()
        self._after, self._edition, self._moved = UUID(int=0), edition, 0
        return True

    def _end(self, now: datetime) -> None:
        with transaction.atomic():
            SystemValue.objects.update_or_create(name=NAME, defaults={"value": self._edition})
            subject = (SystemValue._meta.label_lower, NAME, self._edition)
            append(kind=Kind.ZONE_RULES_CHANGED, at=now, subject=subject, data={"moved": self._moved})
        self._after = None


def recompute(ids: Sequence[UUID]) -> int:
    """Compute the next instants of these schedules anew; gives how many moved. What has its fate keeps it."""
    with transaction.atomic():
        rows = _schedules().select_for_update(no_key=True).filter(pk__in=ids)
        moved = [row for row in rows if _moves(row)]
        if moved:
            update_rows(ScheduledJob, [row.pk for row in moved], {"next_run_at": [row.next_run_at for row in moved]})
    return len(moved)


def _moves(row: ScheduledJob) -> bool:
    """Sets the next instant, and says whether it is another one."""
    before = row.next_run_at
    try:
        row.next_run_at = next_undecided(row, trigger_of(row), after=row.decided_until)
    except Refusal as refusal:  # its zone is gone, say: it becomes errored when it is due
        log.warning("schedule.not_recomputed", schedule=str(row.pk), reason=refusal.message)
        return False
    return row.next_run_at != before


def _schedules() -> QuerySet[ScheduledJob]:
    """Those that wait for an approval, too: what they show and what will fire is one thing."""
    return ScheduledJob.objects.filter(state__in=RUNNABLE, next_run_at__isnull=False, interval__in=FOLLOWING_THE_WALL)

"""Lets instants run that waited for the previous run of their schedule."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from foureyes.events import Kind
from foureyes.models import Occurrence, ScheduledJob
from foureyes.models.bulk import update_rows
from foureyes.runs.enqueue import enqueue_many
from foureyes.schedules.decisions import LATE, REASON_LENGTH
from foureyes.schedules.facts import tell
from foureyes.schedules.fire import order_of, take_back
from foureyes.schedules.lifecycle import LIVE, Fate, Happening, State, move
from foureyes.schedules.refusals import Judge, Obstacle
from foureyes.schedules.statements import busy_schedules, free_to_go
from foureyes.triggers.misfire import is_too_late

AT_ONCE = 100
GOES_ON = LIVE | {State.FINISHED}  # the last instants of a schedule may wait when it has none left to plan


@dataclass(slots=True)
class _Release:
    schedule: ScheduledJob
    occurrence: Occurrence
    fate: Fate = Fate.FIRED
    reason: str = ""


def release_queued(*, now: datetime) -> int:
    """Decide the first waiting instant of every schedule whose previous run has ended; gives how many were decided.

    It runs, or it is refused for what refuses a due one, or missed if it is later than the latest start.
    """
    first: dict[object, Occurrence] = {}
    for occurrence in free_to_go():
        first.setdefault(occurrence.scheduled_job_id, occurrence)
    if not first:
        return 0
    rows = ScheduledJob.objects.in_bulk(list(first)[:AT_ONCE])
    judge = Judge((row.job_model_id, row.user_id) for row in rows.values())
    with transaction.atomic():
        locked = list(
            ScheduledJob.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=rows, state__in=GOES_ON)
        )
        busy = busy_schedules(row.pk for row in locked)
        free = [_Release(row, first[row.pk]) for row in locked if row.pk not in busy]
        released = [_decided(one, judge, now) for one in free if _still_waits(one.occurrence)]
        _write(released, judge, now)
    return len(released)


def _still_waits(occurrence: Occurrence) -> bool:
    return Occurrence.objects.filter(pk=occurrence.pk, fate=Fate.QUEUED).exists()


def _decided(one: _Release, judge: Judge, now: datetime) -> _Release:
    latest = one.schedule.latest_start_seconds
    if obstacle := judge.obstacle(one.schedule, now=now):
        one.fate, one.reason = _without_run(one.schedule, obstacle), obstacle.reason[:REASON_LENGTH]
    elif is_too_late(one.occurrence.planned_at, latest_start_seconds=latest, now=now):
        one.fate, one.reason = Fate.MISSED, LATE["over_latest_start"].format(latest=latest)
    return one


def _without_run(schedule: ScheduledJob, obstacle: Obstacle) -> Fate:
    """An instant is held only of a schedule that can still get another approval."""
    return Fate.REFUSED if obstacle.fate == Fate.HELD and schedule.state != State.ACTIVE else Fate(obstacle.fate)


def _write(released: Sequence[_Release], judge: Judge, now: datetime) -> None:
    if not released:
        return
    update_rows(
        Occurrence,
        [one.occurrence.pk for one in released],
        {
            "fate": [str(one.fate) for one in released],
            "reason": [one.reason for one in released],
            "decided_at": [now] * len(released),
        },
    )
    for one in released:
        if one.fate == Fate.HELD:
            move(schedule=one.schedule, happening=Happening.VOID)
            take_back(one.schedule, one.reason, now)
            tell(kind=Kind.SCHEDULE_HELD, schedule=one.schedule, at=now, by=None, reason=one.reason)
    runs = [one for one in released if one.fate == Fate.FIRED]
    enqueue_many(orders=[order_of(one.schedule, one.occurrence.pk, judge, now) for one in runs], now=now)
    count = Counter(one.schedule.pk for one in runs)
    update_rows(
        ScheduledJob,
        [one.schedule.pk for one in runs],
        {
            "last_run_at": [now] * len(runs),
            "total_run_count": [one.schedule.total_run_count + count[one.schedule.pk] for one in runs],
        },
    )

"""From a stored schedule to its trigger, and to the first instant that has no fate yet."""

from datetime import datetime, timedelta
from functools import lru_cache

from foureyes.models import Occurrence, ScheduledJob
from foureyes.triggers import Trigger, trigger_for

STEP = timedelta.resolution


def trigger_of(schedule: ScheduledJob) -> Trigger:
    """The trigger; equal settings share one. Refuses settings that are wrong, which are damaged rows."""
    return _trigger(
        schedule.interval,
        schedule.start_time,
        schedule.crontab,
        schedule.time_zone,
        schedule.day_rule,
        schedule.gap,
        schedule.fold,
        schedule.end_time,
        schedule.jitter_seconds,
        str(schedule.pk) if schedule.jitter_seconds else "",
    )


def next_undecided(schedule: ScheduledJob, trigger: Trigger, *, after: datetime) -> datetime | None:
    """The first instant after this one that has no fate: those that a person skipped ahead of time have one."""
    rows = Occurrence.objects.filter(scheduled_job=schedule.pk, planned_at__gt=after)
    decided = set(rows.values_list("planned_at", flat=True))
    upcoming = trigger.next_after(after)
    while upcoming is not None and upcoming in decided:
        upcoming = trigger.next_after(upcoming)
    return upcoming


@lru_cache(maxsize=8192)
def _trigger(
    interval: str,
    start: datetime,
    crontab: str,
    zone: str,
    day_rule: str,
    gap: str,
    fold: str,
    end: datetime | None,
    jitter_seconds: int,
    jitter_key: str,
) -> Trigger:
    return trigger_for(
        interval,
        start=start,
        crontab=crontab,
        zone=zone,
        day_rule=day_rule,
        gap=gap,
        fold=fold,
        end=end,
        jitter_seconds=jitter_seconds,
        jitter_key=jitter_key,
    )


def forget_triggers() -> None:
    """Make all triggers anew, from rules of time zones that have changed."""
    _trigger.cache_clear()

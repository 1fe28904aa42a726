"""From a stored schedule to its trigger, and to the first instant that has no fate yet."""

from datetime import datetime, timedelta

from foureyes.models import Occurrence, ScheduledJob
from foureyes.triggers import Trigger, trigger_for

STEP = timedelta.resolution


def trigger_of(schedule: ScheduledJob) -> Trigger:
    """The trigger. Refuses settings that are wrong, which are damaged rows."""
    return trigger_for(
        schedule.interval,
        start=schedule.start_time,
        crontab=schedule.crontab,
        zone=schedule.time_zone,
        day_rule=schedule.day_rule,
        gap=schedule.gap,
        fold=schedule.fold,
        end=schedule.end_time,
        jitter_seconds=schedule.jitter_seconds,
        jitter_key=str(schedule.pk) if schedule.jitter_seconds else "",
    )


def next_undecided(schedule: ScheduledJob, trigger: Trigger, *, after: datetime) -> datetime | None:
    """The first instant after this one that has no fate: those that a person skipped ahead of time have one."""
    rows = Occurrence.objects.filter(scheduled_job=schedule.pk, planned_at__gt=after)
    decided = set(rows.values_list("planned_at", flat=True))
    upcoming = trigger.next_after(after)
    while upcoming is not None and upcoming in decided:
        upcoming = trigger.next_after(upcoming)
    return upcoming

"""The time settings of a schedule as one value: what a person chooses, checked before anything is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from foureyes.errors import Invalid
from foureyes.models import ScheduledJob
from foureyes.triggers import Trigger, trigger_for

Interval = ScheduledJob.Interval
LARGEST = 2**31 - 1
PAST_START = "Please enter a valid date and time greater than or equal to the current date and time."
COUNTS = {"max_runs": 1, "misfire_limit": 1, "latest_start_seconds": 0}  # the least each may be
CHOICES = {"misfire": ScheduledJob.Misfire, "overlap": ScheduledJob.Overlap}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When something runs. The names are those of the columns; without a start it begins when it is stored."""

    interval: str
    crontab: str = ""
    time_zone: str = "UTC"
    day_rule: str = ScheduledJob.DayRule.OR.value
    gap: str = ScheduledJob.Gap.AFTER.value
    fold: str = ScheduledJob.Fold.FIRST.value
    start_time: datetime | None = None
    end_time: datetime | None = None
    max_runs: int | None = None
    jitter_seconds: int = 0
    misfire: str = ScheduledJob.Misfire.LATEST.value
    misfire_limit: int | None = None
    latest_start_seconds: int | None = None
    overlap: str = ScheduledJob.Overlap.ALLOW.value

    @property
    def one_off(self) -> bool:
        """Is there a single instant?"""
        return self.interval in (Interval.FUTURE, Interval.IMMEDIATELY)

    def trigger(self, *, now: datetime, jitter_key: str | None) -> Trigger:
        """The checked trigger; without a key it has no jitter, because that depends on the stored schedule's id."""
        if wrong := dict(self._wrong()):
            raise Invalid(fields=wrong, code="invalid_schedule")
        return trigger_for(
            self.interval,
            start=self.start_time or now,
            crontab=self.crontab,
            zone=self.time_zone,
            day_rule=self.day_rule,
            gap=self.gap,
            fold=self.fold,
            end=self.end_time,
            jitter_seconds=self.jitter_seconds if jitter_key is not None else 0,
            jitter_key=jitter_key or "",
        )

    def columns(self, *, now: datetime) -> dict[str, Any]:
        """The columns of a row with this plan."""
        return {
            **{name: getattr(self, name) for name in PLAN_FIELDS},
            "start_time": self.start_time or now,
            "one_off": self.one_off,
        }

    def _wrong(self) -> Iterator[tuple[str, list[str]]]:
        if self.interval == Interval.FUTURE and self.start_time is None:
            yield "start_time", [PAST_START]
        for name, least in COUNTS.items():
            number = getattr(self, name)
            if number is not None and not least <= number <= LARGEST:
                yield name, [f"Give a number from {least} on, or none."]
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices.values:
                yield name, [f"“{str(getattr(self, name))[:50]}” is none of {', '.join(choices.values)}."]


PLAN_FIELDS = tuple(field.name for field in fields(Plan))


def plan_of(settings: Mapping[str, Any]) -> Plan:
    """The plan that a mapping names; what else it names is left out, and what it does not name has its default."""
    return Plan(**{name: settings[name] for name in PLAN_FIELDS if name in settings})


def stored_plan(schedule: ScheduledJob) -> Plan:
    """The plan of a stored schedule."""
    return Plan(**{name: getattr(schedule, name) for name in PLAN_FIELDS})

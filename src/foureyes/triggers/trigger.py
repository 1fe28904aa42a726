"""The one value that knows when a schedule is due. Previews and the scheduler ask the same code (P13)."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, Protocol, cast, get_args

from foureyes.errors import Invalid
from foureyes.triggers.clock import FIRST_YEAR, LAST_YEAR, aware, naive
from foureyes.triggers.cron import DayRule, parse_crontab
from foureyes.triggers.every import EveryHour, every_days
from foureyes.triggers.local import Fold, Gap, LocalPlan
from foureyes.triggers.once import Once
from foureyes.triggers.zones import zone_named

Interval = Literal["immediately", "future", "hourly", "daily", "weekly", "custom"]

MOST_JITTER = 86_400
STEP = timedelta.resolution


class Plan(Protocol):
    """Planned instants in naive UTC, without end and without jitter."""

    def first_from(self, instant: datetime) -> datetime | None:
        """The first planned instant at or after this one."""

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a schedule is due. All instants given and taken are aware; those given back are in UTC."""

    interval: Interval
    start: datetime
    crontab: str
    zone: str
    day_rule: DayRule
    gap: Gap
    fold: Fold
    end: datetime | None
    jitter: timedelta  # added to each instant: the same for all, so their order and distances stay
    plan: Plan = field(compare=False, repr=False)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first instant strictly after this one, never before the start nor after the end; None: there is none."""
        if instant.year >= LAST_YEAR:
            return None
        found = self.plan.first_from(self._planned_after(instant))
        if found is None or found.year >= LAST_YEAR:
            return None
        due = aware(found + self.jitter)
        return due if self.end is None or due <= self.end else None

    def between(self, after: datetime, until: datetime, limit: int) -> list[datetime]:
        """The first `limit` instants with after < instant <= until."""
        return self.walk(after, until, limit)[0]

    def walk(self, after: datetime, until: datetime, limit: int) -> tuple[list[datetime], datetime | None]:
        """The same, and the first instant that is not among them, which may be one until then too; None: none is."""
        found: list[datetime] = []
        following = self.next_after(after)
        while following is not None and following <= until and len(found) < limit:
            found.append(following)
            following = self.next_after(following)
        return found, following

    def count(self, after: datetime, until: datetime) -> int:
        """How many instants there are with after < instant <= until, without going through them."""
        until = until if self.end is None else min(until, self.end)
        low, high = self._planned_after(after), naive(until) + STEP - self.jitter
        return self.plan.count(low, high) if low < high else 0

    def _planned_after(self, instant: datetime) -> datetime:
        """The earliest planned instant, jitter not yet added, that is due strictly after this one."""
        start = naive(self.start)
        return start if instant.year < FIRST_YEAR else max(naive(instant) + STEP - self.jitter, start)


def trigger_for(
    interval: str,
    *,
    start: datetime,
    crontab: str = "",
    zone: str = "UTC",
    day_rule: str = "or",
    gap: str = "after",
    fold: str = "first",
    end: datetime | None = None,
    jitter_seconds: int = 0,
    jitter_key: str = "",
) -> Trigger:
    """The trigger of these settings; what is wrong with one is refused, with the name of the field.

    The first instant is the first match at or after the start. `crontab` and `day_rule` count for `custom` only, and
    `gap` and `fold` only for what follows a wall clock. `jitter_key` is what makes schedules differ: the schedule's id.
    """
    kind = cast(Interval, _checked("interval", interval, get_args(Interval)))
    days = cast(DayRule, _checked("day_rule", day_rule, get_args(DayRule)))
    policies = (
        cast(Gap, _checked("gap", gap, get_args(Gap))),
        cast(Fold, _checked("fold", fold, get_args(Fold))),
    )
    zone_named(zone)
    _check_period(start, end)
    return Trigger(
        interval=kind,
        start=start.astimezone(UTC),
        crontab=crontab if kind == "custom" else "",
        zone=zone,
        day_rule=days,
        gap=policies[0],
        fold=policies[1],
        end=end and end.astimezone(UTC),
        jitter=_jitter(jitter_seconds, jitter_key) if kind != "immediately" else timedelta(0),
        plan=_plan(kind, naive(start), crontab, zone, days, *policies),
    )


def _plan(
    interval: Interval, start: datetime, crontab: str, zone: str, day_rule: DayRule, gap: Gap, fold: Fold
) -> Plan:
    if interval == "custom":
        parsed = parse_crontab(crontab, day_rule)
        return LocalPlan(parsed, zone, "skip", "both") if parsed.follows_clock else LocalPlan(parsed, zone, gap, fold)
    if interval in ("daily", "weekly"):
        return every_days(1 if interval == "daily" else 7, start, zone, gap, fold)
    return EveryHour(start) if interval == "hourly" else Once(start)


def _checked(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise Invalid(fields={name: [f"“{str(value)[:50]}” is none of {', '.join(allowed)}."]})
    return value


def _check_period(start: datetime, end: datetime | None) -> None:
    for name, instant in (("start_time", start), ("end_time", end)):
        if instant is None:
            continue
        if instant.tzinfo is None:
            raise Invalid(fields={name: ["Give the offset from UTC with the time."]})
        if not FIRST_YEAR < instant.year < LAST_YEAR:
            raise Invalid(fields={name: [f"The year must be between {FIRST_YEAR} and {LAST_YEAR}."]})
    if end is not None and end < start:
        raise Invalid(fields={"end_time": ["The end is before the start."]})


def _jitter(most: int, key: str) -> timedelta:
    """An offset in [0, most] seconds that depends on the key alone, evenly spread over keys."""
    if not 0 <= most <= MOST_JITTER:
        raise Invalid(fields={"jitter_seconds": [f"Give a number of seconds from 0 to {MOST_JITTER} (a day)."]})
    digest = hashlib.sha256(key.encode()).digest()
    return timedelta(seconds=int.from_bytes(digest[:8]) % (most + 1))

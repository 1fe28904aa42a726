"""The one value that knows when a schedule is due. Previews and the scheduler ask the same code (P13)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Literal, Protocol, cast, get_args
from zoneinfo import ZoneInfo

from foureyes.errors import Invalid
from foureyes.triggers.clock import FIRST_YEAR, LAST_YEAR, aware, naive, year_of
from foureyes.triggers.cron import DayRule, parse_crontab
from foureyes.triggers.every import EveryHour, every_days
from foureyes.triggers.local import Fold, Gap, LocalPlan
from foureyes.triggers.once import Once
from foureyes.triggers.zones import zone_named, zone_names

Interval = Literal["immediately", "future", "hourly", "daily", "weekly", "custom"]

INTERVALS, DAY_RULES, GAPS, FOLDS = get_args(Interval), get_args(DayRule), get_args(Gap), get_args(Fold)
MOST_JITTER = 86_400
NO_TIME = timedelta(0)
STEP = timedelta.resolution
SHARED_PLANS = 2048
ANSWERS = 8192


class Plan(Protocol):
    """Planned instants in naive UTC, without end and without jitter."""

    def first_from(self, instant: datetime) -> datetime | None:
        """The first planned instant at or after this one."""

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high."""

    def __hash__(self) -> int:
        """A plan never changes, so it can be a key."""


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
    begin: datetime = field(compare=False, repr=False)  # the start, naive
    plan: Plan = field(compare=False, repr=False)

    def next_after(self, instant: datetime) -> datetime | None:
        """The first instant strictly after this one, never before the start nor after the end; None: there is none."""
        return self._due(self._first_from(self._planned_after(instant)))

    def between(self, after: datetime, until: datetime, limit: int) -> list[datetime]:
        """The first `limit` instants with after < instant <= until."""
        return self.walk(after, until, limit)[0]

    def walk(self, after: datetime, until: datetime, limit: int) -> tuple[list[datetime], datetime | None]:
        """The same, and the first instant that is not among them, which may be one until then too; None: none is."""
        found: list[datetime] = []
        planned = self._first_from(self._planned_after(after))
        following = self._due(planned)
        while planned is not None and following is not None and following <= until and len(found) < limit:
            found.append(following)
            planned = self._first_from(planned + STEP)
            following = self._due(planned)
        return found, following

    def count(self, after: datetime, until: datetime) -> int:
        """How many instants there are with after < instant <= until, without going through them."""
        until = until if self.end is None else min(until, self.end)
        low, high = self._planned_after(after), naive(until) + STEP - self.jitter
        if low >= high:
            return 0
        return _count_of_shared(self.plan, low, high) if self.crontab else self.plan.count(low, high)

    def counts(self, edges: Sequence[datetime]) -> list[int]:
        """The same between each edge and the next one."""
        begun = naive(edges[0]) + STEP >= self.begin
        if self.crontab and begun and not self.jitter and (self.end is None or edges[-1] <= self.end):
            return list(_counts_of_shared(self.plan, tuple(naive(edge) + STEP for edge in edges)))
        return [self.count(earlier, later) for earlier, later in pairwise(edges)]

    def _planned_after(self, instant: datetime) -> datetime:
        """The earliest time at which something planned, jitter not yet added, is due strictly after this instant."""
        if instant.year >= LAST_YEAR:
            return naive(instant)
        return self.begin if instant.year < FIRST_YEAR else max(naive(instant) + STEP - self.jitter, self.begin)

    def _first_from(self, at: datetime) -> datetime | None:
        """The first planned instant from this one on (naive UTC), jitter not yet added."""
        if at.year >= LAST_YEAR:
            return None
        return _first_of_shared(self.plan, at) if self.crontab else self.plan.first_from(at)

    def _due(self, planned: datetime | None) -> datetime | None:
        """When that is due, if it is before the end."""
        if planned is None or planned.year >= LAST_YEAR:
            return None
        due = aware(planned + self.jitter)
        return due if self.end is None or due <= self.end else None


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
    kind = cast(Interval, _checked("interval", interval, INTERVALS))
    days = cast(DayRule, _checked("day_rule", day_rule, DAY_RULES))
    policies = cast(Gap, _checked("gap", gap, GAPS)), cast(Fold, _checked("fold", fold, FOLDS))
    zone_named(zone)
    _check_period(start, end)
    begin = naive(start)
    return Trigger(
        interval=kind,
        start=start.astimezone(UTC),
        crontab=crontab if kind == "custom" else "",
        zone=zone,
        day_rule=days,
        gap=policies[0],
        fold=policies[1],
        end=end and end.astimezone(UTC),
        jitter=_jitter(jitter_seconds, jitter_key) if jitter_seconds and kind != "immediately" else NO_TIME,
        begin=begin,
        plan=_plan(kind, begin, crontab, zone, days, *policies),
    )


def _plan(
    interval: Interval, start: datetime, crontab: str, zone: str, day_rule: DayRule, gap: Gap, fold: Fold
) -> Plan:
    if interval == "custom":
        return _plan_of_crontab(crontab, zone, day_rule, gap, fold)
    if interval in ("daily", "weekly"):
        return every_days(1 if interval == "daily" else 7, start, zone, gap, fold)
    return EveryHour(start) if interval == "hourly" else Once(start)


@lru_cache(maxsize=SHARED_PLANS)
def _plan_of_crontab(crontab: str, zone: str, day_rule: DayRule, gap: Gap, fold: Fold) -> Plan:
    """The plan of every schedule with these settings, whenever it starts."""
    parsed = parse_crontab(crontab, day_rule)
    return LocalPlan(parsed, zone, "skip", "both") if parsed.follows_clock else LocalPlan(parsed, zone, gap, fold)


@lru_cache(maxsize=ANSWERS)
def _first_of_shared(plan: Plan, instant: datetime) -> datetime | None:
    """Schedules of one plan that are due at one moment ask for the same instants."""
    return plan.first_from(instant)


@lru_cache(maxsize=ANSWERS)
def _count_of_shared(plan: Plan, low: datetime, high: datetime) -> int:
    """Pictures of time ask for the same days of every schedule of one plan."""
    return plan.count(low, high)


@lru_cache(maxsize=SHARED_PLANS)
def _counts_of_shared(plan: Plan, edges: tuple[datetime, ...]) -> tuple[int, ...]:
    return tuple(_count_of_shared(plan, low, high) for low, high in pairwise(edges))


def forget_rules() -> None:
    """Read the time zone rules anew from here on: for a process that saw `rules_edition` change."""
    ZoneInfo.clear_cache()
    for memo in (
        zone_names,
        zone_named,
        year_of,
        _plan_of_crontab,
        _first_of_shared,
        _count_of_shared,
        _counts_of_shared,
    ):
        memo.cache_clear()


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

"""Regular repetition from a start: every hour in real time; every day and every week at the start's wall time.

All are computed from the unchanged start, never from the last run, so nothing drifts (P12).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from foureyes.triggers.clock import offset_at
from foureyes.triggers.local import Fold, Gap, LocalPlan

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EveryHour:
    """Every 3600 seconds from the start; clock changes do not matter."""

    start: datetime

    def first_from(self, instant: datetime) -> datetime | None:
        """The first planned instant at or after this one (naive UTC)."""
        return self.start + HOUR * self._before(instant)

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high (naive UTC)."""
        return max(self._before(high) - self._before(low), 0)

    def _before(self, instant: datetime) -> int:
        """How many planned instants there are before this one."""
        return max(-((self.start - instant) // HOUR), 0)


@dataclass(frozen=True, slots=True)
class EveryDays:
    """A calendar: every so many days from the first one, at one time of day."""

    first: date
    step: int
    times: tuple[time, ...]

    def on(self, day: date) -> bool:
        """Is this one of the days?"""
        return day >= self.first and (day - self.first).days % self.step == 0

    def day_from(self, day: date) -> date | None:
        """The first of the days at or after this one."""
        return max(day + DAY * ((self.first - day).days % self.step), self.first)

    def count_days(self, first: date, end: date) -> int:
        """How many of the days there are with first <= day < end."""
        return max(self._before(end) - self._before(first), 0)

    def _before(self, day: date) -> int:
        """How many of the days there are before this one."""
        return max(-((self.first - day).days // self.step), 0)


@dataclass(frozen=True, slots=True)
class FromStart:
    """The start, whatever the policies say about its wall time, and then a plan of the days after it.

    The start is an instant that somebody gave. If its wall time exists twice that day, it is not run again, unless the
    fold policy is `both`.
    """

    start: datetime
    later: LocalPlan

    def first_from(self, instant: datetime) -> datetime | None:
        """The first planned instant at or after this one (naive UTC)."""
        if instant <= self.start:
            return self.start
        return self.later.first_from(instant)

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high (naive UTC)."""
        after = max(low, self.start + timedelta.resolution)
        return int(low <= self.start < high) + self.later.count(after, high)


def every_days(step: int, start: datetime, zone: str, gap: Gap, fold: Fold) -> FromStart:
    """Every so many days at the wall time that the start (naive UTC) has in the zone, its seconds kept."""
    wall = start + offset_at(zone, start)
    first = wall.date() if fold == "both" else wall.date() + DAY * step
    return FromStart(start, LocalPlan(EveryDays(first, step, (wall.time(),)), zone, gap, fold))

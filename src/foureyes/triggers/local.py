"""From wall times to instants: what happens to a planned wall time that a clock change takes away or gives twice.

One set of rules for all kinds of triggers that follow a wall clock (P31, P35, P38). It walks over the stretches of a
zone and never adds a length of time across a change (P33).
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, Protocol

from foureyes.errors import Invalid
from foureyes.triggers.clock import FIRST_YEAR, LAST_YEAR, MARGIN, Stretch, aware, stretch_at

Gap = Literal["after", "skip"]
Fold = Literal["first", "second", "both"]

DAY = timedelta(days=1)
SEARCH_YEARS = 100  # longer than the longest pause of a crontab (40 years) even if a policy then skips the match


class Calendar(Protocol):
    """Planned wall times: the same times of day on each of certain days."""

    @property
    def times(self) -> tuple[time, ...]:
        """The times of day, at least one, in order."""

    def on(self, day: date) -> bool:
        """Is this one of the days?"""

    def day_from(self, day: date) -> date | None:
        """The first of the days at or after this one; None: there is none for decades."""

    def count_days(self, first: date, end: date) -> int:
        """How many of the days there are with first <= day < end, without going through them."""


def first_wall(calendar: Calendar, wall: datetime) -> datetime | None:
    """The first planned wall time at or after this one."""
    day, times = wall.date(), calendar.times
    if calendar.on(day):
        place = bisect_left(times, wall.time())
        if place < len(times):
            return datetime.combine(day, times[place])
    following = calendar.day_from(day + DAY)
    return None if following is None else datetime.combine(following, times[0])


def count_walls(calendar: Calendar, low: datetime, high: datetime) -> int:
    """How many planned wall times there are with low <= wall < high, without going through them."""
    if low >= high:
        return 0
    first, last, times = low.date(), high.date(), calendar.times
    if first == last:
        return bisect_left(times, high.time()) - bisect_left(times, low.time()) if calendar.on(first) else 0
    before = bisect_left(times, low.time()) if calendar.on(first) else 0
    of_last = bisect_left(times, high.time()) if calendar.on(last) else 0
    return calendar.count_days(first, last) * len(times) - before + of_last


@dataclass(frozen=True, slots=True, eq=False)
class LocalPlan:
    """The instants of a calendar in a zone. One object stands for many schedules, and is itself the key of answers.

    `gap`: planned wall times that do not exist happen at the end of the gap, once for all of them, or not at all.
    `fold`: planned wall times that exist twice happen the first time, the second time, or both times.
    `skip` with `both` is following real time.
    """

    calendar: Calendar
    zone: str
    gap: Gap
    fold: Fold

    def first_from(self, instant: datetime) -> datetime | None:
        """The first planned instant at or after this one (naive UTC)."""
        at, give_up = instant, min(instant.year + SEARCH_YEARS, LAST_YEAR)
        floor, wall = datetime.max, datetime.min  # `wall` is the first planned wall time from `floor` on
        while at.year <= give_up:
            stretch = stretch_at(self.zone, at)
            low = self._low(stretch, at)
            if not floor <= low <= wall:
                found = first_wall(self.calendar, low)
                if found is None:
                    return None
                floor, wall = low, found
            if wall < self._high(stretch):
                return max(wall - stretch.offset, stretch.start)
            at = stretch.end if stretch.again_from else max(stretch.end, wall - MARGIN)
        return None

    def count(self, low: datetime, high: datetime) -> int:
        """How many planned instants there are with low <= instant < high (naive UTC), without going through them."""
        count, at = 0, low
        while at < high and at.year <= LAST_YEAR:
            stretch = stretch_at(self.zone, at)
            end = min(self._high(stretch), high + stretch.offset)
            count += count_walls(self.calendar, self._low(stretch, at), end) - self._merged(stretch, at)
            at = stretch.end
        return count

    def _low(self, stretch: Stretch, at: datetime) -> datetime:
        """The first wall time that stands for an instant of the stretch at or after `at`."""
        if self.gap == "after" and stretch.gap_from and at == stretch.start:
            return stretch.gap_from
        low = at + stretch.offset
        return max(low, stretch.new_from) if self.fold == "first" and stretch.new_from else low

    def _high(self, stretch: Stretch) -> datetime:
        """The end of the wall times that stand for an instant of the stretch."""
        high = stretch.end + stretch.offset
        return min(high, stretch.again_from) if self.fold == "second" and stretch.again_from else high

    def _merged(self, stretch: Stretch, at: datetime) -> int:
        """How many planned wall times add no instant, because all of a gap and its end are one instant."""
        if stretch.gap_from is None or self._low(stretch, at) != stretch.gap_from:
            return 0
        end = stretch.start + stretch.offset
        return max(count_walls(self.calendar, stretch.gap_from, end + timedelta.resolution) - 1, 0)


def instants_of(wall: datetime, *, zone: str, gap: Gap = "after", fold: Fold = "first") -> tuple[datetime, ...]:
    """The instants (aware UTC, in order) that a wall time stands for: none, one or, with fold `both`, two."""
    if not FIRST_YEAR < wall.year < LAST_YEAR:
        raise Invalid(f"The year must be between {FIRST_YEAR} and {LAST_YEAR}.")
    found, at = [], wall - MARGIN
    while at < wall + MARGIN:
        stretch = stretch_at(zone, at)
        if stretch.start <= wall - stretch.offset < stretch.end:
            found.append(aware(wall - stretch.offset))
        elif gap == "after" and stretch.gap_from and stretch.gap_from <= wall < stretch.start + stretch.offset:
            found.append(aware(stretch.start))
        at = stretch.end
    kept = {"first": found[:1], "second": found[-1:], "both": found}[fold]
    return tuple(kept)

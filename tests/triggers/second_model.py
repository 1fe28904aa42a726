"""A slow and obvious model of when things are due: look at every minute of UTC, ask what the wall shows, and compare.

It shares nothing with the product but the time zone rules of the standard library.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

Matches = Callable[[datetime], bool]  # of a wall time


@dataclass(frozen=True)
class Fields:
    """A crontab as plain sets, with the text that means the same."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    both_days: bool

    def matches(self, wall: datetime) -> bool:
        if wall.minute not in self.minutes or wall.hour not in self.hours or wall.month not in self.months:
            return False
        day, weekday = wall.day in self.days, wall.isoweekday() % 7 in self.weekdays
        return (day and weekday) if self.both_days else (day or weekday)


def wall(zone: ZoneInfo, instant: datetime) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)


def minutes(low: datetime, high: datetime) -> Iterator[datetime]:
    while low < high:
        yield low
        low += MINUTE


def real_time(zone: ZoneInfo, matches: Matches, low: datetime, high: datetime) -> list[datetime]:
    """Whatever the clock does: an instant is due if the wall shows a planned time then."""
    return [instant for instant in minutes(low, high) if matches(wall(zone, instant))]


def by_policies(
    zone: ZoneInfo,
    matches: Matches,
    low: datetime,
    high: datetime,
    *,
    gap: str,
    fold: str,
    margin: timedelta = 2 * DAY,  # longer than any change
) -> list[datetime]:
    """Each planned wall time is due when the wall shows it; the policies say when it shows it twice or never."""
    shown: dict[datetime, list[datetime]] = {}
    for instant in minutes(low - margin, high + margin):
        shown.setdefault(wall(zone, instant), []).append(instant)
    due: set[datetime] = set()
    for planned in minutes(min(shown), max(shown)):
        if not matches(planned):
            continue
        if planned in shown:
            instants = shown[planned]
            due.update({"first": instants[:1], "second": instants[-1:], "both": instants}[fold])
        elif gap == "after":
            due.add(min(instants[0] for time, instants in shown.items() if time > planned))
    return sorted(instant for instant in due if low <= instant < high)


def changes(zone: ZoneInfo, first: date, last: date) -> list[datetime]:
    """The minutes of UTC from which another offset holds: looked for by days, then by hours, then by minutes."""
    instant, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last))
    found = []
    for day in steps(zone, instant, end, DAY):
        for hour in steps(zone, day - DAY, day, HOUR):
            found += steps(zone, hour - HOUR, hour, MINUTE)
    return found


def steps(zone: ZoneInfo, instant: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    """Going by steps: the places whose offset is not that of the place before."""
    offset = instant.astimezone(zone).utcoffset()
    while instant < end:
        instant += step
        before, offset = offset, instant.astimezone(zone).utcoffset()
        if offset != before:
            yield instant

"""What the clock on the wall of a zone does: stretches of one offset from UTC, and the changes between them.

Everything here is exact and without a policy; `local.py` decides what happens to a wall time that a change takes away
or gives twice. Instants are naive UTC and wall times naive local times, because arithmetic with zones attached ignores
the changes (P33); only the public functions of this package take and give aware instants.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from foureyes.triggers.zones import zone_named

# No two changes of any zone since 1900 are less than 3.9 days apart, so a look a day finds each of them.
LOOK = timedelta(days=1)
MARGIN = timedelta(days=3)  # at a year's edges: longer than any change (24 h) with a look to spare
SECOND = timedelta(seconds=1)
EPOCH, AWARE_EPOCH = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR = 1970
LAST_YEAR = 9000  # nothing is planned later; well before the end of datetime


@dataclass(frozen=True, slots=True)
class Change:
    """At the instant `at` the offset changes."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def jump(self) -> timedelta:
        """How far the clock is put forward; negative: back."""
        return self.after - self.before

    @property
    def left(self) -> datetime:
        """The wall time at which the clock is put forward or back."""
        return self.at + self.before

    @property
    def reached(self) -> datetime:
        """The wall time to which it is put."""
        return self.at + self.after


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of one offset, within one year of UTC; `start` belongs to it and `end` does not."""

    start: datetime
    end: datetime
    offset: timedelta
    gap_from: datetime | None  # wall times from this one to that of the start do not exist; None: no gap comes before
    new_from: datetime | None  # wall times before this one were seen before; None: all are new
    again_from: datetime | None  # wall times from this one on will be seen again; None: none will


def offset_at(zone: str, instant: datetime) -> timedelta:
    """The offset from UTC at an instant (naive UTC)."""
    rules = zone_named(zone)
    offset = rules.fromutc(instant.replace(tzinfo=rules)).utcoffset()
    return offset if offset is not None else timedelta(0)


def wall_at(zone: str, instant: datetime) -> datetime:
    """The wall time at an aware instant."""
    return instant.astimezone(zone_named(zone)).replace(tzinfo=None, fold=0)


def changes_between(zone: str, low: datetime, high: datetime) -> Iterator[Change]:
    """Changes with low < at <= high, in order (naive UTC)."""
    at, before = low, offset_at(zone, low)
    while at < high:
        look = min(at + LOOK, high)
        after = offset_at(zone, look)
        if after != before:
            yield Change(_moment_of_change(zone, at, look), before, after)
        at, before = look, after


def _moment_of_change(zone: str, low: datetime, high: datetime) -> datetime:
    """Between two instants of different offset: the first with the offset of the later one, to the second."""
    after = offset_at(zone, high)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle <= low:
            break
        if offset_at(zone, middle) == after:
            high = middle
        else:
            low = middle
    return high


@lru_cache(maxsize=4096)
def year_of(zone: str, year: int) -> tuple[Stretch, ...]:
    """The stretches of one UTC year without a hole between them."""
    first, last = datetime(year, 1, 1), datetime(year + 1, 1, 1)
    changes = tuple(changes_between(zone, first - MARGIN, last + MARGIN))
    offset = offset_at(zone, first - MARGIN)
    edges = [Change(first - MARGIN, offset, offset), *changes]
    ends = [*changes, None]
    whole = [_stretch(begin, end, last) for begin, end in zip(edges, ends, strict=True)]
    return tuple(_cut(stretch, first, last) for stretch in whole if stretch.end > first and stretch.start < last)


def _stretch(begin: Change, end: Change | None, last: datetime) -> Stretch:
    return Stretch(
        start=begin.at,
        end=end.at if end else last,
        offset=begin.after,
        gap_from=begin.left if begin.jump > timedelta(0) else None,
        new_from=begin.left if begin.jump < timedelta(0) else None,
        again_from=end.reached if end and end.jump < timedelta(0) else None,
    )


def _cut(stretch: Stretch, first: datetime, last: datetime) -> Stretch:
    """The part within a year. A gap before it counts only if the stretch really begins there."""
    return Stretch(
        start=max(stretch.start, first),
        end=min(stretch.end, last),
        offset=stretch.offset,
        gap_from=stretch.gap_from if stretch.start >= first else None,
        new_from=stretch.new_from,
        again_from=stretch.again_from,
    )


def stretch_at(zone: str, instant: datetime) -> Stretch:
    """The stretch in which an instant (naive UTC) lies."""
    table = year_of(zone, instant.year)
    return table[bisect_right(table, instant, key=_start) - 1]


def _start(stretch: Stretch) -> datetime:
    return stretch.start


# By their distance from an instant: to replace the zone takes ten times as long, and pictures of time have thousands.
def naive(instant: datetime) -> datetime:
    """An aware instant as naive UTC."""
    return EPOCH + (instant - AWARE_EPOCH)


def aware(instant: datetime) -> datetime:
    """A naive UTC instant as an aware one."""
    return AWARE_EPOCH + (instant - EPOCH)

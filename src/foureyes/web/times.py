"""Instants and durations in words. One home, so that every page names its zone and no two pages differ.

The viewer's zone is Django's current one, set by `shell.access`; nothing here reads the clock.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.utils import timezone

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One instant as a page shows it."""

    at: datetime
    iso: str
    local: str  # "Today, 19:00"
    utc: str  # "18:00 UTC"
    relative: str  # "in 3 h 28 min"
    zone: str  # "Berlin"
    full: str  # "Tue 24 Nov 2026, 19:00:00 Europe/Berlin, 18:00:00 UTC"


def shown(at: datetime, *, now: datetime) -> Shown:
    """Everything that is said of an instant, for the viewer in the current zone."""
    wall, utc = timezone.localtime(at), at.astimezone(UTC)
    zone = timezone.get_current_timezone_name()
    return Shown(
        at=at,
        iso=utc.isoformat().replace("+00:00", "Z"),
        local=f"{day_word(wall.date(), today=timezone.localtime(now).date())}, {clock(wall)}",
        utc=f"{clock(utc)} UTC" if utc.date() == wall.date() else f"{short_date(utc.date())}, {clock(utc)} UTC",
        relative=relative(at, now=now),
        zone=city(zone),
        full=f"{long_date(wall.date())}, {wall:%H:%M:%S} {zone}" + ("" if zone == "UTC" else f", {utc:%H:%M:%S} UTC"),
    )


def zone_and_utc(at: datetime) -> str:
    """What belongs to a local time on a page that plans or approves: "Berlin, 13:00 UTC"."""
    moment = shown(at, now=at)
    return moment.zone if moment.zone == "UTC" else f"{moment.zone}, {moment.utc}"


def clock(at: datetime) -> str:
    """The time of day: "19:00", with seconds only if it has some that were meant."""
    return f"{at.hour:02}:{at.minute:02}"


def city(zone: str) -> str:
    """A zone by its city: "Berlin", "New York", "UTC"."""
    return zone.rpartition("/")[2].replace("_", " ")


@lru_cache(1000)  # a list has the same few days in every row
def short_date(day: date) -> str:
    """ "Tue 24 Nov"."""
    return f"{day:%a} {day.day} {day:%b}"


def long_date(day: date) -> str:
    """ "Tue 24 Nov 2026"."""
    return f"{short_date(day)} {day.year}"


def whole_date(day: date) -> str:
    """ "Tuesday 24 November 2026"."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def day_word(day: date, *, today: date) -> str:
    """ "Today", "Yesterday", "Tomorrow", "Wed 25 Nov", or with the year if it is another one."""
    names = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}
    if word := names.get((day - today).days):
        return word
    return short_date(day) if day.year == today.year else long_date(day)


def inside(local: str) -> str:
    """The same within a sentence: "today, 19:00"."""
    return local[0].lower() + local[1:] if local.startswith(("Today", "Tomorrow", "Yesterday")) else local


def relative(at: datetime, *, now: datetime) -> str:
    """ "41 min ago", "in 3 h 28 min", "in 6 days"; exact to the minute under a day, "just now" within one."""
    seconds = (at - now).total_seconds()
    if abs(seconds) < MINUTE:
        return "just now" if seconds <= 0 else "in less than a minute"
    text = duration(timedelta(seconds=abs(seconds)), exact=False) if abs(seconds) < DAY else _days(abs(seconds))
    return f"in {text}" if seconds > 0 else f"{text} ago"


def roughly(at: datetime, *, now: datetime) -> str:
    """How far ahead something planned is: "in 3 h 28 min", "in 6 days", "in 5 weeks"."""
    days = round((at - now) / timedelta(days=1))
    return relative(at, now=now) if days < 14 else f"in {round(days / 7)} weeks"


def duration(length: timedelta | float, *, exact: bool = True) -> str:
    """ "0.19 s", "5 s", "41 s", "1 min 24 s", "3 h 28 min", "2 d 4 h". Not exact: whole minutes."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 10 and exact and seconds % 1:
        return f"{seconds:.2f} s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return _two(whole, MINUTE, "min", 1, "s") if exact else f"{whole // MINUTE} min"
    if whole < DAY:
        return _two(whole, HOUR, "h", MINUTE, "min")
    return _two(whole, DAY, "d", HOUR, "h")


def _days(seconds: float) -> str:
    days = int(seconds / DAY + 0.5)
    return f"{days} day{'' if days == 1 else 's'}"


def _two(whole: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = whole % large // small
    return f"{whole // large} {large_name}" + (f" {rest} {small_name}" if rest else "")

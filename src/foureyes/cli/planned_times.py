"""Times as a person plans them: on the clock of a zone, with an offset, or as a time of day; and lengths of time.

A time that a clock change takes away or gives twice is never guessed at: both instants that may be meant are named.
"""

import os
import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from foureyes.cli.exits import ExitCode, Failure
from foureyes.errors import Invalid

LOCALTIME = Path("/etc/localtime")
UNITS = {"": 1, "s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}
DURATION = re.compile(r"(\d{1,9}) ?(s|m|min|h|d|)")
EXAMPLES = "2030-01-31T22:00, 2030-01-31, 22:00 for the next time it is that late, or 2030-01-31T22:00+01:00"


def zone_here() -> str:
    """The zone of this machine: that of `TZ`, else that of the system; UTC where neither has a name."""
    system = str(LOCALTIME.resolve()) if LOCALTIME.is_symlink() else ""
    for text in (os.environ.get("TZ", "").removeprefix(":"), system):
        name = text.rpartition("zoneinfo/")[2]
        try:
            return checked_zone(name).key
        except Failure:
            continue
    return "UTC"


def checked_zone(name: str) -> ZoneInfo:
    """The zone of this name; an unknown one is refused with similar names."""
    from foureyes.triggers import zone_named  # here, because only planning needs it and help answers sooner

    try:
        return zone_named(name)
    except Invalid as refusal:
        raise Failure(refusal.fields["time_zone"][0], ExitCode.USAGE) from None


def planned_instant(text: str, option: str, *, zone: str, now: datetime) -> str:
    """What a person wrote, in ISO 8601 with an offset. Without an offset it is on the clock of the zone."""
    try:
        meant = _read(text, now.astimezone(checked_zone(zone)))
        return meant.isoformat() if meant.tzinfo else _on_the_clock(meant, option, zone)
    except (ValueError, OverflowError):
        raise Failure(f"{option}: `{text}` is no time. Give one such as {EXAMPLES}.", ExitCode.USAGE) from None


def _read(text: str, now: datetime) -> datetime:
    """The instant, or without an offset the wall time; a time of day is the next one after now."""
    try:
        of_day = time.fromisoformat(text) if ":" in text else None
    except ValueError:
        of_day = None
    if of_day is None:
        return datetime.fromisoformat(text)
    if of_day.tzinfo is not None:
        raise ValueError(text)
    today = datetime.combine(now.date(), of_day)
    return today if today > now.replace(tzinfo=None) else today + timedelta(days=1)


def _on_the_clock(wall: datetime, option: str, zone: str) -> str:
    rules = checked_zone(zone)
    first, second = (wall.replace(tzinfo=rules, fold=fold).astimezone(UTC).astimezone(rules) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first.isoformat()
    at = wall.isoformat(" ", "seconds" if wall.second else "minutes")
    if first.replace(tzinfo=None) == wall:
        what = f"comes twice in {zone}, because the clock is put back"
        hint = f"Give {first.isoformat()} for the first time, or {second.isoformat()} for the second."
    else:
        what = f"does not exist in {zone}, because the clock is put forward over it"
        hint = f"Give {second.isoformat()}, before that, or {first.isoformat()}, after it."
    raise Failure(f"{option}: {at} {what}.", ExitCode.USAGE, hint=hint)


def seconds_of(text: str, option: str) -> int:
    """A length of time in seconds: `90`, `90s`, `15m`, `2h`, `1d`."""
    found = DURATION.fullmatch(text.strip())
    if not found:
        raise Failure(f"{option}: `{text}` is no length of time, such as 90s, 15m, 2h or 1d.", ExitCode.USAGE)
    return int(found[1]) * UNITS[found[2]]


def length_of(seconds: int | None) -> str:
    """Seconds as a person writes them: the inverse of `seconds_of`."""
    if not seconds:
        return "" if seconds is None else "0s"
    return next(f"{seconds // size}{unit}" for unit, size in reversed(UNITS.items()) if unit and seconds % size == 0)

"""Times as native fields hold them: an instant as a wall time, and what a person typed as an instant again."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from foureyes.errors import Invalid
from foureyes.triggers import instants_of, note_on_wall

NO_TIME = "Give a date and a time."


def for_field(at: datetime, *, zone: ZoneInfo | None = None) -> str:
    """An instant on the clock of a zone, by default the viewer's; its seconds only if it has some."""
    wall = timezone.localtime(at, zone).replace(tzinfo=None)
    return wall.isoformat(timespec="seconds" if wall.second else "minutes")


def typed_instant(text: str, *, zone: ZoneInfo | None = None) -> datetime:
    """A typed wall time as an instant; of one that comes twice the first, of one that is left out what follows the gap.

    Raises ValueError for what is no time. An offset that was typed with it counts.
    """
    wall = datetime.fromisoformat(text.strip())
    try:
        if wall.tzinfo is not None:
            return wall.astimezone(UTC)
        name = zone.key if zone else timezone.get_current_timezone_name()
        return instants_of(wall, zone=name, gap="after", fold="first")[0]
    except (Invalid, OverflowError) as error:
        raise ValueError(str(error)) from None


def instant_or_none(text: str) -> datetime | None:
    """The same of what a form carries along; None if somebody made of it what is no time."""
    try:
        return typed_instant(text)
    except ValueError:
        return None


def note_on_typed(text: str, *, zone: str) -> str:
    """What a person should know of a time that was typed and could be read; mostly nothing."""
    wall = datetime.fromisoformat(text.strip())
    note = note_on_wall(wall, zone=zone) if wall.tzinfo is None else None
    return note.text if note else ""


def demanded_time(text: str, *, name: str, now: datetime) -> datetime:
    """The instant of a field. Refuses, at the field of that name, what is none and what has passed."""
    try:
        at = typed_instant(text)
    except ValueError:
        raise Invalid(fields={name: [NO_TIME]}, code="no_instant") from None
    if at <= now:
        raise Invalid(fields={name: ["This time has passed too. Give one that lies ahead."]}, code="past_time")
    return at

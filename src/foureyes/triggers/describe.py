"""What a trigger will do, for people: one sentence, the next instants, and what is worth knowing about them.

It asks the trigger that the scheduler asks (P13, P21, P27, P34); nothing is computed a second way.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foureyes.triggers.clock import wall_at
from foureyes.triggers.cron import parse_crontab
from foureyes.triggers.notes import Note, notes
from foureyes.triggers.trigger import Trigger
from foureyes.triggers.words import crontab_in_words, instant_in_words, time_in_words
from foureyes.triggers.zones import zone_named

NOTICED = 10


@dataclass(frozen=True, slots=True)
class Shown:
    """One instant, in UTC and on the wall of the trigger's zone with its offset."""

    instant: datetime
    local: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody sees before a schedule is saved."""

    sentence: str
    instants: tuple[Shown, ...]
    notes: tuple[Note, ...]


def preview(trigger: Trigger, *, after: datetime, count: int = NOTICED) -> Preview:
    """The sentence, the next `count` instants after this one, and the notes on them."""
    instants: list[datetime] = []
    while len(instants) < count and (due := trigger.next_after(instants[-1] if instants else after)):
        instants.append(due)
    zone = zone_named(trigger.zone)
    return Preview(
        sentence=describe(trigger),
        instants=tuple(Shown(due, due.astimezone(zone)) for due in instants),
        notes=tuple(notes(trigger, after=after, instants=instants)),
    )


def describe(trigger: Trigger) -> str:
    """One sentence without a full stop: "Every weekday at 02:30, Europe/Berlin"."""
    when = _when(trigger, wall_at(trigger.zone, trigger.start))
    parts = [when[:1].upper() + when[1:], trigger.zone]
    if delay := trigger.jitter // timedelta(seconds=1):
        parts.append(f"with a delay of {delay} s")
    if trigger.end is not None:
        parts.append(f"until {instant_in_words(wall_at(trigger.zone, trigger.end))}")
    return ", ".join(parts)


def _when(trigger: Trigger, wall: datetime) -> str:
    match trigger.interval:
        case "custom":
            return crontab_in_words(parse_crontab(trigger.crontab, trigger.day_rule))
        case "hourly":
            return f"every hour from {instant_in_words(wall)}"
        case "daily":
            return f"every day at {time_in_words(wall.time())}"
        case "weekly":
            return f"every {wall:%A} at {time_in_words(wall.time())}"
        case "immediately":
            return f"once, as soon as possible from {instant_in_words(wall)}"
    return f"once on {instant_in_words(wall)}"

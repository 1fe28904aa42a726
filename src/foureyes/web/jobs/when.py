"""When a job is to run, as the form shows it: the types, what a plan will do, and what is worth knowing about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from foureyes.errors import Refusal
from foureyes.models import ScheduledJob
from foureyes.schedules.plan import plan_of
from foureyes.schedules.preview import preview_of
from foureyes.sentences import first_fault
from foureyes.triggers import Preview
from foureyes.triggers.zones import zone_names
from foureyes.web import times
from foureyes.web.jobs.asked import WALLS, Asked
from foureyes.web.typed_times import note_on_typed

SHOWN = 5
Interval = ScheduledJob.Interval
ICONS = {"immediately": "zap", "future": "clock", "custom": "calendar-clock"}
PRESETS = (
    ("Every 15 minutes", "*/15 * * * *"),
    ("Weekdays at 08:00", "0 8 * * 1-5"),
    ("First of the month", "30 2 1 * *"),
    ("Mondays at 06:00", "0 6 * * 1"),
)
PARTS = ("minute", "hour", "day", "month", "weekday")
MISFIRES = (
    ("latest", "Run once, as soon as possible"),
    ("skip", "Leave them out"),
    ("all", "Run all of them, one after another"),
)
OVERLAPS = (
    ("allow", "Start the next run beside it"),
    ("skip", "Leave the next run out"),
    ("queue", "Let the next run wait"),
)
CROWDED = {  # by what happens while the run before still runs
    "allow": "runs will overlap.",
    "skip": "runs that come too early are left out.",
    "queue": "runs will wait for each other.",
}
AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/"),
    *("Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of the six types; with a refusal it cannot be chosen."""

    value: str
    label: str
    icon: str
    refusal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One planned run."""

    local: str  # on the clock of the plan's zone
    utc: str
    mine: str  # on the viewer's clock, if that shows another time
    note: str
    ahead: str  # "in 5 weeks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the plan of a form will do; `trouble` instead if it cannot be told yet."""

    sentence: str = ""
    zone: str = ""
    lasts: str = ""
    instants: list[Instant] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: str = ""

    @property
    def first(self) -> Instant | None:
        """The first run."""
        return self.instants[0] if self.instants else None


def kinds(refusal: Refusal | None) -> list[Kind]:
    """The six types; the later ones are off, with the sentence, where the job cannot be stored."""
    later = refusal.message if refusal else ""
    return [
        Kind(
            value=value,
            label=label,
            icon=ICONS.get(value, "repeat"),
            refusal="" if value == Interval.IMMEDIATELY else later,
        )
        for value, label in Interval.choices
    ]


@lru_cache(maxsize=1)
def zones() -> list[str]:
    """The zones that are offered: places, and UTC."""
    return ["UTC", *sorted(name for name in zone_names() if name.startswith(AREAS))]


def crontab_parts(text: str) -> list[tuple[str, str]]:
    """The five fields of a crontab with their names, as far as they are there."""
    words = text.split()
    return [(words[place] if place < len(words) else "–", name) for place, name in enumerate(PARTS)]


def plan_shown(asked: Asked, *, usual: timedelta | None, one_at_a_time: bool, now: datetime) -> Plan | None:
    """What will run when; None for what is to run at once."""
    if not asked.later:
        return None
    if asked.errors:
        return Plan(trouble=next(iter(asked.errors.values()))[0])
    try:
        preview = preview_of(plan_of(asked.schedule), after=now, count=SHOWN)
    except Refusal as refusal:
        return Plan(trouble=first_fault(refusal))
    crowded = _crowded(preview, usual, asked.schedule["overlap"], one_at_a_time)
    return _shown(
        preview, asked.schedule, [*notes_on_typed(asked), *(note.text for note in preview.notes), crowded], now
    )


def notes_on_typed(asked: Asked) -> list[str]:
    """Of the two times that were typed, what the clocks of their zone make of them; mostly nothing."""
    parts = (part for part, name in WALLS.items() if name in asked.schedule)
    notes = (note_on_typed(asked.texts[part], zone=asked.schedule["time_zone"]) for part in parts)
    return [note for note in notes if note]


def _shown(preview: Preview, schedule: Mapping[str, Any], notes: Iterable[str], now: datetime) -> Plan:
    zone, end, interval = str(schedule["time_zone"]), schedule.get("end_time"), schedule["interval"]
    until = f"until {_local(end.astimezone(ZoneInfo(zone)))}" if end else "until you stop it"
    keeps = " Keeps its local time when the clocks change." if interval in ("daily", "weekly", "custom") else ""
    return Plan(
        sentence=preview.sentence.partition(f", {zone}")[0],
        zone=zone if interval == Interval.FUTURE else f"{zone}, {until}.{keeps}",
        lasts="" if interval == Interval.FUTURE else until,
        instants=_instants(preview, now),
        notes=[note for note in notes if note],
    )


def _instants(preview: Preview, now: datetime) -> list[Instant]:
    mine = times.city(timezone.get_current_timezone_name())
    found: list[Instant] = []
    before: timedelta | None = None
    for one in preview.instants:
        offset, own = one.local.utcoffset(), timezone.localtime(one.instant)
        found.append(
            Instant(
                local=_local(one.local),
                utc=_utc(one.instant, one.local),
                mine="" if own.utcoffset() in (offset, timedelta(0)) else f"{_local(own)} {mine}",
                note="after the clocks change" if before is not None and offset != before else "",
                ahead=times.roughly(one.instant, now=now),
            )
        )
        before = offset
    return found


def _crowded(preview: Preview, usual: timedelta | None, overlap: str, one_at_a_time: bool) -> str:
    """What becomes of runs that come faster than they end."""
    instants = [one.instant for one in preview.instants]
    shortest = min((later - earlier for earlier, later in pairwise(instants)), default=None)
    if usual is None or shortest is None or usual <= shortest:
        return ""
    often = times.duration(shortest, exact=False)
    follows = CROWDED["queue" if overlap == "allow" and one_at_a_time else overlap]
    return f"A run usually takes {times.duration(usual)}, and there is one every {often}: {follows}"


def _local(wall: datetime) -> str:
    return f"{times.long_date(wall.date())}, {wall:%H:%M}"


def _utc(instant: datetime, local: datetime) -> str:
    utc = instant.astimezone(UTC)
    return f"{utc:%H:%M} UTC" if utc.date() == local.date() else f"{times.short_date(utc.date())}, {utc:%H:%M} UTC"

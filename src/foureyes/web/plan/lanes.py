"""Lanes of a timeline: marks of what happened and what is planned, as shares of the width."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from foureyes.web.plan.happenings import Happening
from foureyes.web.states import STATES
from foureyes.web.times import clock, short_date

LEAST_WIDTH = 0.9  # per cent: a mark that can still be seen
CROSS = "M3.5 3.5l5 5M8.5 3.5l-5 5"
MOST_MARKS = 150  # of one lane
SHAPES = {
    "succeeded": "s-ok", "failed": "s-bad", "lost": "s-bad", "running": "s-run", "stopping": "s-run",
    "queued": "s-plan", "cancelled": "s-idle", "scheduled": "s-plan", "paused": "s-plan", "awaiting": "s-wait",
    "past_due": "s-wait",
}  # fmt: skip
URGENCY = (
    "past_due",
    "failed",
    "lost",
    "running",
    "stopping",
    "awaiting",
    "queued",
    "scheduled",
    "succeeded",
    "cancelled",
    "paused",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One bar: its place and width in per cent with a decimal point, its shape, and whether it has a cross."""

    x: str
    width: str
    shape: str
    crossed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of the timeline; `summary` says in words what its picture shows."""

    name: str
    url: str
    marks: list[Mark]
    summary: str
    happenings: list[Happening]

    @property
    def shapes(self) -> SafeString:
        """The elements of the picture; there are thousands of them, which a template would take long to write."""
        return mark_safe("".join(map(_shape, self.marks)))  # noqa: S308 - numbers and names of classes of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line of the grid with its time."""

    x: str
    text: str
    is_now: bool
    dx: int
    is_edge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which no scheduler ran: its place, and when it was."""

    x: str
    width: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Lanes over one period."""

    lanes: list[Lane]
    gaps: list[Gap]
    ticks: list[Tick]
    now_x: str
    left_out: int

    @property
    def grid(self) -> SafeString:
        """The lines of the grid, the same in every lane."""
        lines = (f'<line class="g" x1="{tick.x}%" x2="{tick.x}%" y1="0" y2="34"/>' for tick in self.ticks)
        return mark_safe("".join(lines))  # noqa: S308 - numbers of ours


def _shape(mark: Mark) -> str:
    place = f'x="{mark.x}%" width="{mark.width}%"'
    cross = f'<svg {place} y="11" height="12" viewBox="0 0 12 12"><path class="bx" d="{CROSS}"/></svg>'
    return f'<rect class="{mark.shape}" {place} y="10" height="14" rx="3"/>{cross if mark.crossed else ""}'


def slices(since: datetime, until: datetime, count: int = 48) -> list[datetime]:
    """Edges of so many equal parts of a period."""
    return [since + (until - since) * place / count for place in range(count + 1)]


Key = Callable[[Happening], tuple[str, str]]


def by_schedule(one: Happening) -> tuple[str, str]:
    """A lane per schedule, and one per job for what runs without a schedule."""
    return (one.name, f"/jobs/scheduled/{one.schedule_id}/") if one.schedule_id else by_job(one)


def by_job(one: Happening) -> tuple[str, str]:
    """A lane per job."""
    return one.job_name, f"/jobs/{one.job_slug}/" if one.job_slug else one.url


def by_queue(one: Happening) -> tuple[str, str]:
    """A lane per queue."""
    return one.queue or "default", "/admin/workers/"


def by_worker(one: Happening) -> tuple[str, str]:
    """A lane per worker; what is planned has none yet."""
    return one.worker or "no worker yet", "/admin/workers/"


def timeline(
    found: Iterable[Happening],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    gaps: Iterable[tuple[datetime, datetime]] = (),
    key: Key = by_schedule,
    most: int = 40,
) -> Timeline:
    """The lanes with what needs attention first, then what comes next; at most so many."""
    grouped: dict[tuple[str, str], list[Happening]] = {}
    for one in found:
        grouped.setdefault(key(one), []).append(one)
    ordered = sorted(grouped.items(), key=lambda pair: _rank(pair[1], now))
    lanes = [_lane(name, url, own, since, until, now) for (name, url), own in ordered[:most]]
    return Timeline(
        lanes=lanes,
        gaps=[_gap(begin, end, since, until) for begin, end in gaps],
        ticks=_ticks(since, until, now),
        now_x=_share(now, since, until),
        left_out=max(len(ordered) - most, 0),
    )


def _gap(begin: datetime, end: datetime, since: datetime, until: datetime) -> Gap:
    mark = _mark(begin, end, "", since, until)
    return Gap(x=mark.x, width=mark.width, begin=begin, end=end)


def _rank(own: list[Happening], now: datetime) -> tuple[int, float, str]:
    urgent = min(map(URGENCY.index, {one.state for one in own}))
    ahead = [one.at for one in own if one.is_planned]
    nearest = (min(ahead) - now).total_seconds() if ahead else float("inf")
    return min(urgent, 6), nearest, own[0].name


def _lane(name: str, url: str, own: list[Happening], since: datetime, until: datetime, now: datetime) -> Lane:
    marks = [_mark(*bar, since, until) for bar in _joined(own, since, until, now)[:MOST_MARKS]]
    counts: dict[str, int] = {}
    for one in own:
        counts[one.state] = counts.get(one.state, 0) + one.times
    words = ", ".join(f"{count} {STATES[state].word.lower()}" for state, count in counts.items())
    return Lane(name=name, url=url, marks=marks, summary=f"{name}: {words}", happenings=own)


Bar = tuple[datetime, datetime, str]  # begin, end, shape


def _joined(own: list[Happening], since: datetime, until: datetime, now: datetime) -> list[Bar]:
    """The bars of a lane. What would lie on or at another of its shape makes that one longer."""
    least = (until - since) * (LEAST_WIDTH / 100)
    found: list[Bar] = []
    last: dict[str, int] = {}  # the place of the last bar of a shape
    for begin, end, shape in (bar for one in own for bar in _bars(one, now)):
        place = last.get(shape)
        if place is not None and begin - found[place][0] < max(found[place][1] - found[place][0], least):
            found[place] = (found[place][0], max(found[place][1], end), shape)
        else:
            last[shape] = len(found)
            found.append((begin, end, shape))
    return found


def _bars(one: Happening, now: datetime) -> Iterator[Bar]:
    if one.state in ("running", "stopping"):
        yield one.at, now, "s-run"
        if one.until > now:
            yield now, one.until, "s-est"
    else:
        yield one.at, one.until, SHAPES[one.state]


def _mark(begin: datetime, end: datetime, shape: str, since: datetime, until: datetime) -> Mark:
    left, right = _per_cent(max(begin, since), since, until), _per_cent(min(max(end, begin), until), since, until)
    width = max(right - left, LEAST_WIDTH)
    if shape not in ("s-plan", "s-wait", "s-est"):
        left = max(min(left, right - width), 0)  # what is too short to be seen grows into the past, not beyond now
    return Mark(x=_text(min(left, 100 - width)), width=_text(width), shape=shape, crossed=shape == "s-bad")


def _ticks(since: datetime, until: datetime, now: datetime, count: int = 6) -> list[Tick]:
    step = (until - since) / count
    instants = [since + step * place for place in range(count + 1)]
    found = []
    for place, at in enumerate(instants):
        is_now = abs(at - now) < step / 4
        shown = now if is_now else at
        found.append(
            Tick(
                x=_share(shown, since, until),
                text=f"{clock(timezone.localtime(now))} now" if is_now else _tick_text(at, until - since),
                is_now=is_now,
                dx=4 if place == 0 else -34 if place == count else -14,
                is_edge=place in (0, count),
            )
        )
    return found


def _tick_text(at: datetime, span: timedelta) -> str:
    wall = timezone.localtime(at)
    return clock(wall) if span <= timedelta(days=2) else short_date(wall.date())


def _share(at: datetime, since: datetime, until: datetime) -> str:
    return _text(_per_cent(at, since, until))


def _per_cent(at: datetime, since: datetime, until: datetime) -> float:
    return 100 * (at - since) / (until - since)


def _text(number: float) -> str:
    return f"{number:.2f}"

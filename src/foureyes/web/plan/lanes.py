"""Lanes of a timeline: marks of what happened and what is planned, as shares of the width."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from operator import attrgetter
from typing import NamedTuple

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from foureyes.web.plan.happenings import Happening
from foureyes.web.states import STATES
from foureyes.web.times import clock, short_date

LEAST_WIDTH = 0.9  # per cent: a mark that can still be seen
CROSS = "M3.5 3.5l5 5M8.5 3.5l-5 5"
TICKS = (  # up to which length of time there is a line of the grid how often, on the clock of the viewer
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(hours=6), timedelta(hours=1)),
    (timedelta(hours=12), timedelta(hours=2)),
    (timedelta(hours=24), timedelta(hours=4)),
)
DAY = timedelta(days=1)
ROOM = 6  # per cent on either side of now, where its own time is written
SHAPES = {
    "succeeded": "s-ok", "failed": "s-bad", "lost": "s-bad", "running": "s-run", "stopping": "s-run",
    "queued": "s-plan", "cancelled": "s-idle", "scheduled": "s-plan", "paused": "s-plan", "awaiting": "s-wait",
    "past_due": "s-wait",
}  # fmt: skip
OUTLINED = frozenset({"s-plan", "s-wait", "s-est"})
LAYERS = ("s-ok", "s-idle", "s-plan", "s-wait", "s-run", "s-est", "s-bad")  # what must not be hidden comes last
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


class Mark(NamedTuple):
    """One bar: its place and width in per cent with a decimal point, and its shape.

    A point is as narrow as a bar may be. One that is dense stands for several that would lie on each other.
    """

    x: str
    width: str
    shape: str
    is_point: bool
    is_dense: bool


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
    """A line of the grid with its time, which is left out where there is no room for it."""

    x: str
    text: str
    is_now: bool
    anchor: str
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
    ground: SafeString  # what lies under the marks of every lane: gaps, and the lines of the grid
    now_line: SafeString  # what lies over them
    left_out: int

    @property
    def is_dense(self) -> bool:
        """Whether a bar stands for several."""
        return any(mark.is_dense for lane in self.lanes for mark in lane.marks)


def _shape(mark: Mark) -> str:
    place = f'x="{mark.x}%" width="{mark.width}%"'
    css = f"{mark.shape} pt" if mark.is_point else mark.shape
    found = f'<rect class="{css}" {place} y="10" height="14" rx="3"/>'
    if mark.is_dense:
        pattern = "many" if mark.shape in OUTLINED else "dense"
        found += f'<rect {place} y="10" height="14" fill="url(#{pattern})"/>'
    if mark.shape == "s-bad":
        found += f'<svg {place} y="11" height="12" viewBox="0 0 12 12"><path class="bx" d="{CROSS}"/></svg>'
    return found


def slices(since: datetime, until: datetime, count: int = 48) -> list[datetime]:
    """Edges of so many equal parts of a period."""
    return [since + (until - since) * place / count for place in range(count + 1)]


class LaneBy(NamedTuple):
    """What makes a lane: what its happenings have in common, and its name and address by one of them."""

    common: Callable[[Happening], object]
    name: Callable[[Happening], str]
    url: Callable[[Happening], str]


def _workers(one: Happening) -> str:
    return "/admin/workers/"


def _job(one: Happening) -> str:
    return f"/jobs/{one.job_slug}/" if one.job_slug else one.url


def _schedule(one: Happening) -> str:
    return f"/jobs/scheduled/{one.schedule_id}/" if one.schedule_id else _job(one)


def _queue(one: Happening) -> str:
    return one.queue or "no queue"


def _worker(one: Happening) -> str:
    return one.worker or "no worker yet"


BY_JOB = LaneBy(attrgetter("job_name", "job_slug"), attrgetter("job_name"), _job)
# What runs without a schedule has a lane for its job.
BY_SCHEDULE = LaneBy(attrgetter("schedule_id", "name"), attrgetter("name"), _schedule)
BY_QUEUE = LaneBy(_queue, _queue, _workers)
BY_WORKER = LaneBy(_worker, _worker, _workers)  # what is planned has none yet


def timeline(
    found: Iterable[Happening],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    gaps: Iterable[tuple[datetime, datetime]] = (),
    by: LaneBy = BY_SCHEDULE,
    most: int = 40,
) -> Timeline:
    """The lanes with what needs attention first, then what comes next; at most so many."""
    scale, grouped = _Scale(since, until), dict[object, list[Happening]]()
    for one in found:
        grouped.setdefault(by.common(one), []).append(one)
    ordered = sorted(grouped.values(), key=lambda own: _rank(own, now))
    lanes = [_lane(by.name(own[0]), by.url(own[0]), own, scale, now) for own in ordered[:most]]
    empty, ticks, now_x = [_gap(begin, end, scale) for begin, end in gaps], _ticks(scale, now), _text(scale.place(now))
    return Timeline(
        lanes=lanes,
        gaps=empty,
        ticks=ticks,
        ground=_ground(empty, ticks),
        now_line=mark_safe(f'<line class="now" x1="{now_x}%" x2="{now_x}%" y1="0" y2="34"/>'),  # noqa: S308 - a number
        left_out=max(len(ordered) - most, 0),
    )


class _Scale:
    """The period, and where in it instants lie, in per cent."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since, until
        self._each_second = 100 / (until - since).total_seconds()

    def place(self, at: datetime) -> float:
        return (at - self.since).total_seconds() * self._each_second


def _gap(begin: datetime, end: datetime, scale: _Scale) -> Gap:
    left, right = _extent(begin, end, "", scale)
    return Gap(x=_text(left), width=_text(right - left), begin=begin, end=end)


def _ground(gaps: Iterable[Gap], ticks: Iterable[Tick]) -> SafeString:
    shapes = [f'<rect x="{gap.x}%" width="{gap.width}%" height="34" fill="url(#hatch)"/>' for gap in gaps]
    shapes += [f'<line class="g" x1="{one.x}%" x2="{one.x}%" y1="0" y2="34"/>' for one in ticks if not one.is_now]
    return mark_safe("".join(shapes))  # noqa: S308 - numbers of ours


def _rank(own: list[Happening], now: datetime) -> tuple[int, float, str]:
    urgent = min(map(URGENCY.index, {one.state for one in own}))
    ahead = [one.at for one in own if one.is_planned]
    nearest = (min(ahead) - now).total_seconds() if ahead else float("inf")
    return min(urgent, 6), nearest, own[0].name


def _lane(name: str, url: str, own: list[Happening], scale: _Scale, now: datetime) -> Lane:
    marks = _marks(own, scale, now)
    counts: dict[str, int] = {}
    for one in own:
        counts[one.state] = counts.get(one.state, 0) + one.times
    words = ", ".join(f"{count} {STATES[state].word.lower()}" for state, count in counts.items())
    return Lane(name=name, url=url, marks=marks, summary=f"{name}: {words}", happenings=own)


@dataclass(slots=True)
class _Bar:
    shape: str
    left: float
    right: float
    is_dense: bool


def _marks(own: list[Happening], scale: _Scale, now: datetime) -> list[Mark]:
    """The bars of a lane. Those of one shape that would lie on each other, as far as can be seen, are one."""
    found: list[_Bar] = []
    last: dict[str, _Bar] = {}
    for one in own:
        for begin, end, shape in _stretches(one, now):
            left, right = _extent(begin, end, shape, scale)
            before = last.get(shape)
            if before is not None and left <= before.right:
                before.left, before.right = min(left, before.left), max(right, before.right)
                before.is_dense = True
            else:
                found.append(_Bar(shape, left, right, one.times > 1))
                last[shape] = found[-1]
    return [_mark(bar) for bar in sorted(found, key=lambda bar: LAYERS.index(bar.shape))]


def _stretches(one: Happening, now: datetime) -> list[tuple[datetime, datetime, str]]:
    if one.state not in ("running", "stopping"):
        return [(one.at, one.until, SHAPES[one.state])]
    rest = [(now, one.until, "s-est")] if one.until > now else []
    return [(one.at, now, "s-run"), *rest]


def _extent(begin: datetime, end: datetime, shape: str, scale: _Scale) -> tuple[float, float]:
    left = max(scale.place(begin), 0)
    right = max(min(scale.place(end), 100), left)
    if right - left >= LEAST_WIDTH:
        return left, right
    if shape not in OUTLINED:
        left = max(right - LEAST_WIDTH, 0)  # what is too short to be seen grows into the past, not beyond now
    left = min(left, 100 - LEAST_WIDTH)
    return left, left + LEAST_WIDTH


def _mark(bar: _Bar) -> Mark:
    width = bar.right - bar.left
    is_point = width < LEAST_WIDTH * 1.01
    return Mark(
        x=_text(bar.left),
        width=_text(width),
        shape=bar.shape,
        is_point=is_point,
        is_dense=bar.is_dense and not is_point,
    )


def _ticks(scale: _Scale, now: datetime) -> list[Tick]:
    at_now, span = scale.place(now), scale.until - scale.since
    places = [(scale.place(at), at) for at in _even_times(scale.since, scale.until)]
    edges = {places[0][1], places[-1][1]} if places else set()
    found = [
        Tick(
            x=_text(place),
            text="" if abs(place - at_now) < ROOM else _tick_text(at, span),
            is_now=False,
            anchor="start" if place < ROOM / 2 else "end" if place > 100 - ROOM / 2 else "middle",
            is_edge=at in edges,
        )
        for place, at in places
    ]
    said = f"{clock(timezone.localtime(now))} now"
    return [*found, Tick(x=_text(at_now), text=said, is_now=True, anchor="middle", is_edge=False)]


def _even_times(since: datetime, until: datetime) -> Iterator[datetime]:
    """Instants at which the clock of the viewer shows an even time: full hours, say, or midnights."""
    step = next((step for most, step in TICKS if until - since <= most), DAY)
    zone = timezone.get_current_timezone()
    wall = datetime.combine(since.astimezone(zone).date(), time())
    while (at := wall.replace(tzinfo=zone).astimezone(UTC)) < until:
        if at > since:
            yield at
        wall += step


def _tick_text(at: datetime, span: timedelta) -> str:
    wall = timezone.localtime(at)
    return clock(wall) if span <= timedelta(days=2) else short_date(wall.date())


def _text(number: float) -> str:
    return f"{number:.2f}"

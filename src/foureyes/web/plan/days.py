"""Days of a calendar: what happened and what is planned, gathered where a job runs often."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from foureyes.errors import Invalid
from foureyes.web.plan.happenings import Happening
from foureyes.web.states import STATES
from foureyes.web.tags import icon
from foureyes.web.times import clock

OFTEN = 4  # a job that runs more often on a day is one line of it
LINES = 5  # of a day in the month
WORST = (
    *("failed", "lost", "past_due", "awaiting", "stopping", "running", "queued", "cancelled", "paused", "scheduled"),
    "succeeded",
)
TINTED = frozenset({"failed", "lost", "awaiting", "past_due"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a day. `times` is more than one where a job runs often."""

    state: str
    at: str
    name: str
    url: str
    times: int
    is_tinted: bool

    @property
    def line(self) -> SafeString:
        """The element of a list. An agenda has thousands, which a template would take long to write."""
        look = STATES[self.state]
        often = self.times > 1
        return format_html(
            '<li class="{}"><a href="{}">{}{}<span class="trunc">{}<span class="vh">, {}</span></span></a></li>',
            look.tint if self.is_tinted or self.state == "succeeded" else "idle",
            self.url,
            icon("repeat" if often else look.icon),
            format_html("<span>{}×</span>", self.times) if often else format_html("<time>{}</time>", self.at),
            self.name,
            look.word,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day with its lines; `more` of them are only on the day's own page."""

    day: date
    is_out: bool
    is_today: bool
    entries: list[Entry]
    more: int

    @property
    def url(self) -> str:
        """Its own page."""
        return f"/plan/calendar/{self.day.isoformat()}/"

    @property
    def weekday(self) -> str:
        """ "Thu"."""
        return f"{self.day:%a}"

    @property
    def words(self) -> str:
        """ "5 November"."""
        return f"{self.day.day} {self.day:%B}"


def entries_by_day(found: Iterable[Happening]) -> dict[date, list[Entry]]:
    """Lines by the day in the viewer's zone: what is tinted first, then by time, what runs often last."""
    per_day: dict[date, dict[str, list[Happening]]] = {}
    zone = timezone.get_current_timezone()
    for one in found:
        day = one.at.astimezone(zone).date()
        per_day.setdefault(day, {}).setdefault(one.job_name, []).append(one)
    return {day: _entries(jobs) for day, jobs in per_day.items()}


def _entries(jobs: dict[str, list[Happening]]) -> list[Entry]:
    single = [one for own in jobs.values() if _times(own) <= OFTEN for one in own]
    often = [own for own in jobs.values() if _times(own) > OFTEN]
    lines = [_entry(one) for one in sorted(single, key=lambda one: one.at)]
    lines += [_gathered(own) for own in sorted(often, key=lambda own: own[0].name)]
    return sorted(lines, key=lambda line: not line.is_tinted)


def _times(own: list[Happening]) -> int:
    return sum(one.times for one in own)


def _entry(one: Happening) -> Entry:
    return Entry(
        state=one.state,
        at=clock(timezone.localtime(one.at)),
        name=one.name,
        url=one.url,
        times=one.times,
        is_tinted=one.state in TINTED,
    )


def _gathered(own: list[Happening]) -> Entry:
    worst = min({one.state for one in own}, key=WORST.index)
    first = own[0]
    url = f"/jobs/{first.job_slug}/" if first.job_slug else first.url
    name = first.name if len({one.name for one in own}) == 1 else first.job_name
    return Entry(state=worst, at="", name=name, url=url, times=_times(own), is_tinted=worst in TINTED)


def weeks_of_month(first: date) -> list[list[date]]:
    """The weeks, from Monday, that a month touches."""
    return calendar.Calendar().monthdatescalendar(first.year, first.month)


def week_of(day: date) -> list[date]:
    """The week, from Monday, of a day."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=number) for number in range(7)]


def edges_of(first: date, last: date, *, hours: int) -> list[datetime]:
    """Every so many hours from the beginning of one day to the end of another, on the clock of the viewer's zone."""
    zone, found = timezone.get_current_timezone(), []
    for number in range((last - first).days + 1):
        day = datetime.combine(first + timedelta(days=number), time())
        found += [(day + timedelta(hours=hour)).replace(tzinfo=zone) for hour in range(0, 24, hours)]
    found.append(datetime.combine(last + timedelta(days=1), time(), tzinfo=zone))
    return sorted({edge.astimezone(UTC) for edge in found})  # an hour that the clock leaves out has no edge of its own


def month_named(text: str, *, today: date) -> date:
    """The first day of a month: "2026-11"; refuses what is none."""
    if not text:
        return today.replace(day=1)
    try:
        return _in_reach(date.fromisoformat(f"{text}-01"))
    except ValueError:
        raise Invalid(f"“{text[:20]}” is no month. An example is 2026-11.") from None


def day_named(text: str) -> date:
    """A day: "2026-11-24"; refuses what is none."""
    try:
        return _in_reach(date.fromisoformat(text))
    except ValueError:
        raise Invalid(f"“{text[:20]}” is no day. An example is 2026-11-24.") from None


def _in_reach(day: date) -> date:
    if not 1970 <= day.year <= 9000:
        raise ValueError(day)
    return day

"""The calendar: a month as a table, a week by the hour, an agenda, and one day."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.web.plan.days import (
    LINES,
    Day,
    day_named,
    edges_of,
    entries_by_day,
    month_named,
    week_of,
    weeks_of_month,
)
from foureyes.web.plan.filters import choices_for, filters_of, said_beside
from foureyes.web.plan.happenings import Happening, Period, happenings
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page
from foureyes.web.times import long_date

NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CRUMBS = [("Plan", "/plan/calendar/")]
MOST_AHEAD = timedelta(days=400)


@require_safe
@signed_in
def month(request: SignedInRequest, text: str = "") -> HttpResponse:
    """A month: as a table of days, or as a list (`view=agenda`)."""
    now = timezone.now()
    today = timezone.localtime(now).date()
    first = month_named(text, today=today)
    weeks = weeks_of_month(first)
    period = _period(request, weeks[0][0], weeks[-1][-1])
    per_day = entries_by_day(period.happenings)
    agenda = request.GET.get("view") == "agenda"
    lines = 10_000 if agenda else LINES
    days = [[_day(day, per_day.get(day, []), today, first, lines) for day in week] for week in weeks]
    return page(
        request,
        "web/plan/agenda.html" if agenda else "web/plan/month.html",
        title=f"{first:%B %Y}",
        nav="calendar",
        crumbs=CRUMBS,
        now=now,
        first=first,
        before=(first - timedelta(days=1)).replace(day=1),
        after=(first + timedelta(days=32)).replace(day=1),
        view="agenda" if agenda else "month",
        weeks=days,
        days=[day for week in days for day in week if not day.is_out and day.entries],
        names=NAMES,
        week_url=f"/plan/calendar/week/{(today if today.month == first.month else first).isoformat()}/",
        **_shared(request, period),
    )


@require_safe
@signed_in
def week(request: SignedInRequest, text: str) -> HttpResponse:
    """The week of a day: a row for each hour in which something is."""
    now, days = timezone.now(), week_of(day_named(text))
    period = _period(request, days[0], days[-1], hours=1)
    hours: dict[int, dict[date, list[Happening]]] = {}
    for one in period.happenings:
        wall = timezone.localtime(one.at)
        hours.setdefault(wall.hour, {}).setdefault(wall.date(), []).append(one)
    return page(
        request,
        "web/plan/week.html",
        title=f"Week of {long_date(days[0])}",
        nav="calendar",
        crumbs=CRUMBS,
        now=now,
        first=days[0],
        before=days[0] - timedelta(days=7),
        after=days[0] + timedelta(days=7),
        view="week",
        days=days,
        today=timezone.localtime(now).date(),
        hours=[(f"{hour:02}:00", [_hour_entries(hours[hour].get(day, [])) for day in days]) for hour in sorted(hours)],
        month_url=f"/plan/calendar/{days[0]:%Y-%m}/",
        **_shared(request, period),
    )


@require_safe
@signed_in
def day(request: SignedInRequest, text: str) -> HttpResponse:
    """One day as a list."""
    now, wanted = timezone.now(), day_named(text)
    period = _period(request, wanted, wanted, hours=1)
    return page(
        request,
        "web/plan/day.html",
        title=long_date(wanted),
        nav="calendar",
        crumbs=[*CRUMBS, (f"{wanted:%B %Y}", f"/plan/calendar/{wanted:%Y-%m}/")],
        now=now,
        day=wanted,
        before=wanted - timedelta(days=1),
        after=wanted + timedelta(days=1),
        happenings=period.happenings,
        **_shared(request, period),
    )


def _period(request: SignedInRequest, first: date, last: date, *, hours: int = 24) -> Period:
    now = timezone.now()
    edges = edges_of(first, last, hours=hours)
    return happenings(user=request.user, edges=edges, now=now, filters=filters_of(request.GET))


def _shared(request: SignedInRequest, period: Period) -> dict[str, Any]:
    filters = filters_of(request.GET)
    choices = choices_for(request.user, filters)
    return {"complete": period.complete, "filters": filters, "choices": choices, "beside": said_beside(request.GET)}


def _day(day: date, entries: list[Any], today: date, first: date, lines: int) -> Day:
    return Day(
        day=day,
        is_out=day.month != first.month,
        is_today=day == today,
        entries=entries[:lines],
        more=max(len(entries) - lines, 0),
    )


def _hour_entries(own: list[Happening]) -> list[Any]:
    by_day = entries_by_day(own)
    return next(iter(by_day.values()), [])

"""The timeline: lanes around now."""

from bisect import bisect_left
from datetime import datetime, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.models import Job
from foureyes.runs.workers import scheduler_gaps
from foureyes.users.permissions import may
from foureyes.web.plan.filters import choices_for, filters_of, said_beside
from foureyes.web.plan.happenings import Happening, happenings
from foureyes.web.plan.lanes import BY_JOB, BY_QUEUE, BY_SCHEDULE, BY_WORKER, slices, timeline
from foureyes.web.plan.windows import windows
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

SPANS = {
    "1h": ("1 h", timedelta(hours=1)),
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
}
KEYS = {
    "schedule": ("Schedules", BY_SCHEDULE),
    "job": ("Jobs", BY_JOB),
    "queue": ("Queues", BY_QUEUE),
    "worker": ("Workers", BY_WORKER),
}
ROWS = 500


@require_safe
@signed_in
def timeline_page(request: SignedInRequest) -> HttpResponse:
    """Half of the span back and half ahead; as lanes, or as a table of the same."""
    now, filters = timezone.now(), filters_of(request.GET)
    span = request.GET.get("span", "") if request.GET.get("span") in SPANS else "24h"
    by = request.GET.get("by", "") if request.GET.get("by") in KEYS else "schedule"
    half = SPANS[span][1] / 2
    since, until = now - half, now + half
    period = happenings(
        user=request.user,
        edges=slices(since, until),
        now=now,
        filters=filters,
        most_apart=1,
        by_schedule=by == "schedule",
    )
    gaps = scheduler_gaps(since=since, until=now)
    offers = period.plan_complete and may(request.user, "run", Job)
    rows = _around(period.happenings, now)
    return page(
        request,
        "web/plan/timeline.html",
        part="web/plan/_timeline.html",
        title="Timeline",
        nav="timeline",
        crumbs=[("Plan", "/plan/calendar/")],
        now=now,
        timeline=timeline(period.happenings, since=since, until=until, now=now, gaps=gaps, by=KEYS[by][1]),
        free=windows(period.happenings, since=since, until=until, now=now) if offers else [],
        rows=rows,
        rows_left_out=len(period.happenings) - len(rows),
        complete=period.complete,
        span=span,
        spans=[(key, words) for key, (words, _) in SPANS.items()],
        by=by,
        keys=[(key, words) for key, (words, _) in KEYS.items()],
        as_table=request.GET.get("as") == "table",
        filters=filters,
        choices=choices_for(request.user, filters),
        beside=said_beside(request.GET),
    )


def _around(found: list[Happening], now: datetime) -> list[Happening]:
    """Those nearest to now: as many before as after, or more of the one where there are few of the other."""
    place = bisect_left(found, now, key=lambda one: one.at)
    begin = max(min(place - ROWS // 2, len(found) - ROWS), 0)
    return found[begin : begin + ROWS]

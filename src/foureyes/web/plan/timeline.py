"""The timeline: lanes around now."""

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.runs.workers import scheduler_gaps
from foureyes.web.plan.happenings import happenings
from foureyes.web.plan.lanes import by_job, by_queue, by_worker, slices, timeline
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

SPANS = {
    "1h": ("1 h", timedelta(hours=1)),
    "6h": ("6 h", timedelta(hours=6)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
}
KEYS = {"job": ("Jobs", by_job), "queue": ("Queues", by_queue), "worker": ("Workers", by_worker)}
ROWS = 500


@require_safe
@signed_in
def timeline_page(request: SignedInRequest) -> HttpResponse:
    """Half of the span back and half ahead; as lanes, or as a table of the same."""
    now = timezone.now()
    span = request.GET.get("span", "") if request.GET.get("span") in SPANS else "24h"
    by = request.GET.get("by", "") if request.GET.get("by") in KEYS else "job"
    half = SPANS[span][1] / 2
    since, until = now - half, now + half
    period = happenings(user=request.user, edges=slices(since, until), now=now, most_apart=1)
    gaps = scheduler_gaps(since=since, until=now)
    return page(
        request,
        "web/plan/timeline.html",
        part="web/plan/_timeline.html",
        title="Timeline",
        nav="timeline",
        crumbs=[("Plan", "/plan/calendar/")],
        now=now,
        timeline=timeline(period.happenings, since=since, until=until, now=now, gaps=gaps, key=KEYS[by][1]),
        rows=period.happenings[:ROWS],
        complete=period.complete,
        span=span,
        spans=[(key, words) for key, (words, _) in SPANS.items()],
        by=by,
        keys=[(key, words) for key, (words, _) in KEYS.items()],
        as_table=request.GET.get("as") == "table",
    )

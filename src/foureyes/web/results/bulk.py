"""Stopping all runs of a list at once: a page that says which, and the act."""

from collections import Counter

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.runs.cancel import cancel_each, refusal_to_cancel
from foureyes.runs.queries import visible_runs
from foureyes.web.results.lists import GOING_ON, filters_of, narrowed
from foureyes.web.results.presenters import run_rows
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page
from foureyes.web.typed_times import instant_or_none

MOST_AT_ONCE, SHOWN = 1000, 20
REFUSED = {
    "run_ended": "ended already",
    "not_your_run": "only who asked for a run, or who may change it, can",
    "run_deleted": "deleted in the meantime",
}


@require_http_methods(["GET", "POST"])
@signed_in
def stop_all(request: SignedInRequest) -> HttpResponse:
    """Asks, then cancels the runs that wait, or that run, of those that a list was narrowed to; later ones not."""
    now, filters, query = timezone.now(), filters_of(request), request.GET.urlencode()
    back = f"{reverse('web:results')}?{query}"
    if filters.state not in GOING_ON:
        messages.error(request, "Only runs that wait or run can be stopped: choose one of these states first.")
        return redirect(back)
    seen = instant_or_none(request.POST.get("seen", "")) or now
    rows = narrowed(visible_runs(request.user), filters, now).filter(created__lte=seen)
    found = list(rows[: MOST_AT_ONCE + 1])
    if request.method == "POST":
        _tell(request, cancel_each(runs=found[:MOST_AT_ONCE], by=request.user, now=now))
        return redirect(back)
    mine = [run for run in found[:MOST_AT_ONCE] if refusal_to_cancel(run=run, by=request.user) is None]
    return page(
        request,
        "web/results/stop_all.html",
        title="Stop all",
        nav="results",
        crumbs=[("Jobs", "/jobs/"), ("Job Results", back)],
        now=now,
        count=len(mine),
        others=min(len(found), MOST_AT_ONCE) - len(mine),
        more=len(found) > MOST_AT_ONCE,
        most=MOST_AT_ONCE,
        rows=list(run_rows(mine[:SHOWN], deciders={}, now=now)),
        left_out=max(len(mine) - SHOWN, 0),
        waits=filters.state == "queued",
        action=request.get_full_path(),
        seen=seen.isoformat(),
        back=back,
    )


def _tell(request: SignedInRequest, outcomes: Counter[str]) -> None:
    done = outcomes.pop("cancelled", 0)
    if done:
        messages.success(request, f"{done} run{'' if done == 1 else 's'} stopped, or asked to stop.")
    for code, count in outcomes.items():
        messages.error(request, f"{count} not stopped: {REFUSED.get(code, code)}.")
    if not done and not outcomes:
        messages.error(request, "Nothing was stopped: none of these runs goes on any more.")

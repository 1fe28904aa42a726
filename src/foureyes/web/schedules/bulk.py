"""What is done to several schedules at once. Deleting asks on a page that lists them."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from foureyes.schedules.control import in_bulk
from foureyes.schedules.queries import visible
from foureyes.submission.edit import SCHEDULE_ACTIONS
from foureyes.web.ids import ids_of
from foureyes.web.schedules.presenters import name_in_words, plan_in_words
from foureyes.web.schedules.schedule import CRUMBS
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

DONE = {"pause": "paused", "resume": "resumed", "delete": "deleted"}
MOST_AT_ONCE = 1000


@require_POST
@signed_in
def bulk(request: SignedInRequest) -> HttpResponse:
    """Pause, resume or delete what is ticked, each on its own; or the one whose switch was used."""
    action, ids = _asked(request)
    seen = _list_as_it_was(request)
    if action not in DONE or not ids:
        messages.error(request, "Nothing was done: tick at least one schedule, then choose what to do.")
        return redirect(seen)
    if action == "delete" and "confirmed" not in request.POST:
        return _confirm(request, ids, seen)
    outcomes = in_bulk(action=action, ids=ids, by=request.user, now=timezone.now(), actions=SCHEDULE_ACTIONS)
    done = sum(outcome.ok for outcome in outcomes)
    if done:
        messages.success(request, f"{done} schedule{'' if done == 1 else 's'} {DONE[action]}.")
    for outcome in [one for one in outcomes if not one.ok][:3]:
        messages.error(request, outcome.message)
    return redirect(seen)


def _list_as_it_was(request: HttpRequest) -> str:
    """Its filters, order and page are in the address that its form is sent to."""
    query = request.GET.urlencode()
    return f"{reverse('web:schedules')}{'?' if query else ''}{query}"


def _asked(request: HttpRequest) -> tuple[str, list[UUID]]:
    if one := request.POST.get("one", ""):
        action, _, key = one.partition(":")
        return action, ids_of([key])
    return request.POST.get("action", ""), ids_of(request.POST.getlist("id")[:MOST_AT_ONCE])


def _confirm(request: SignedInRequest, ids: list[UUID], seen: str) -> HttpResponse:
    rows = visible(request.user).select_related("job_model").filter(pk__in=ids).order_by("name", "pk")
    return page(
        request,
        "web/schedules/delete.html",
        title="Delete Selected",
        nav="scheduled",
        crumbs=CRUMBS,
        schedules=[(row, name_in_words(row), plan_in_words(row)) for row in rows],
        action=request.get_full_path(),
        back=seen,
        bulk=True,
    )

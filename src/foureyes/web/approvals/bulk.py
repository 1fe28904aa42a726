"""Deny many requests with one comment, on a page that lists each of them first."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from foureyes.approvals.decide import deny_many
from foureyes.approvals.queries import in_queue_order, visible_requests
from foureyes.approvals.reasons import NO_REASON
from foureyes.models import ApprovalRequest
from foureyes.web.approvals.decisions import see_other
from foureyes.web.approvals.drafts import typed
from foureyes.web.approvals.listing import PAGE, rows_of
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.pages import crumbs_to_queue
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.render import page

State = ApprovalRequest.State


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def deny_selected(request: SignedInRequest) -> HttpResponse:
    """The page with what is selected; a post denies it, each request on its own."""
    now = timezone.now()
    chosen = _chosen(request.POST if request.method == "POST" else request.GET)
    rows = visible_requests(request.user).filter(pk__in=chosen, state=State.OPEN).prefetch_related("parties")
    found = list(in_queue_order(rows, now=now)[:PAGE])
    if not found:
        messages.info(request, "Nothing was selected that still waits for a decision.")
        return HttpResponseRedirect(reverse("web:approvals"))
    if request.method != "POST" or not typed(request):
        error = NO_REASON if request.method == "POST" else ""
        shown = rows_of(request.user, found, now=now)
        return page(
            request,
            "web/approvals/deny.html",
            title="Deny",
            nav="approvals",
            crumbs=crumbs_to_queue(),
            now=now,
            status=422 if error else 200,
            rows=shown,
            error=error,
        )
    outcomes = deny_many(requests=found, by=request.user, reason=typed(request), origin=origin_of(request), now=now)
    done = sum(outcome.ok for outcome in outcomes)
    numbers = {one.pk: one.number for one in found}
    if done:
        messages.success(request, f"Denied {done} {'request' if done == 1 else 'requests'}. Nothing of them runs.")
    for outcome in outcomes:
        if not outcome.ok:
            messages.error(request, f"Request {numbers[outcome.id]} was not denied: {outcome.message}")
    return see_other(reverse("web:approvals"))


def _chosen(sent: QueryDict) -> Iterable[UUID]:
    found = []
    for text in sent.getlist("ids")[:PAGE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found

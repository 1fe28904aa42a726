"""Deny or approve many requests with one comment, on a page that lists each of them first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from foureyes.approvals.decide import Outcome, deny_many, refusal_to_approve
from foureyes.approvals.differences import differences_to
from foureyes.approvals.known import Known, bring_sources, known_of
from foureyes.approvals.queries import in_queue_order, visible_requests
from foureyes.approvals.reasons import demanded, kept
from foureyes.approvals.review import content_points
from foureyes.approvals.together import approve_many, refusal_to_approve_together
from foureyes.errors import Invalid, Refusal
from foureyes.models import ApprovalRequest
from foureyes.web.approvals.decisions import see_other
from foureyes.web.approvals.drafts import typed
from foureyes.web.approvals.inputs import Line, inputs_of
from foureyes.web.approvals.listing import PAGE, Row, given_name, rows_of
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.pages import crumbs_to_queue
from foureyes.web.approvals.review import point_html
from foureyes.web.approvals.standing import standing_of
from foureyes.web.approvals.verdict import consequence_of
from foureyes.web.errors import fault_of_reason
from foureyes.web.ids import ids_of
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.drafts import typed_in
from foureyes.web.shell.render import page
from foureyes.web.wording import linked

State = ApprovalRequest.State


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def deny_selected(request: SignedInRequest) -> HttpResponse:
    """The page with what is selected; a post denies it, each request on its own."""
    now, sent = timezone.now(), _sent(request)
    found = _selected(request, sent, now)
    if not found:
        return _none(request)
    error = _fault(demanded, request) if request.method == "POST" else ""
    if request.method != "POST" or error:
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
            comment=sent.get("comment", ""),
            error=error,
        )
    outcomes = deny_many(requests=found, by=request.user, reason=typed(request), origin=origin_of(request), now=now)
    return _told(request, found, outcomes, word="denied", then="None of them runs.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request that may be approved with others: its row, what it leads to, and what is worth knowing of it."""

    row: Row
    name: str  # of the schedule, where a person gave it one
    reason: SafeString
    digest: str
    leads_to: str
    points: list[SafeString]
    inputs: list[Line]  # that differ from what was approved last


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def approve_selected(request: SignedInRequest) -> HttpResponse:
    """The page with what is selected and may be approved together; a post approves it, each request on its own."""
    now, sent = timezone.now(), _sent(request)
    found = _selected(request, sent, now)
    if not found:
        return _none(request)
    error = _fault(kept, request) if request.method == "POST" else ""
    if request.method != "POST" or error:
        known = known_of(found)
        bring_sources(known.values())
        refusals = {one.pk: _refusal(request, known[one.pk], now) for one in found}
        rows = dict(zip(refusals, rows_of(request.user, found, now=now), strict=True))
        return page(
            request,
            "web/approvals/approve.html",
            title="Approve",
            nav="approvals",
            crumbs=crumbs_to_queue(),
            now=now,
            status=422 if error else 200,
            comment=sent.get("comment", ""),
            error=error,
            candidates=[_candidate(known[key], rows[key], now) for key, refusal in refusals.items() if not refusal],
            left=[(rows[key], refusal.message) for key, refusal in refusals.items() if refusal],
        )
    outcomes = approve_many(
        requests=found,
        digests={one.pk: request.POST.get(f"digest-{one.pk}", "") for one in found},
        by=request.user,
        reason=typed(request),
        origin=origin_of(request),
        now=now,
    )
    return _told(request, found, outcomes, word="approved", then="Each runs as it was asked for.")


def _refusal(request: SignedInRequest, known: Known, now: datetime) -> Refusal | None:
    return refusal_to_approve(request=known.request, by=request.user, origin=origin_of(request)) or (
        refusal_to_approve_together(known, now=now)
    )


def _candidate(known: Known, row: Row, now: datetime) -> Candidate:
    compared = inputs_of(known.request, differences_to(known.before, known.request))
    return Candidate(
        row=row,
        name=given_name(known.request),
        reason=linked(known.request.reason),
        digest=known.request.digest,
        leads_to=consequence_of(known.request, standing_of(known.request, now=now), now=now),
        points=[point_html(point) for point in content_points(known)],
        inputs=[line for line in compared.lines if line.changed],
    )


def _sent(request: SignedInRequest) -> QueryDict:
    """What was selected and typed. A draft has both; it is no comment on what is selected anew."""
    return request.GET if request.method != "POST" and "ids" in request.GET else typed_in(request)


def _fault(check: Callable[[str], str], request: SignedInRequest) -> str:
    """What is wrong with the comment that was sent."""
    try:
        check(typed(request))
    except Invalid as refusal:
        return fault_of_reason(refusal)
    return ""


def _selected(request: SignedInRequest, sent: QueryDict, now: datetime) -> list[ApprovalRequest]:
    rows = visible_requests(request.user).filter(pk__in=_chosen(sent), state=State.OPEN).prefetch_related("parties")
    return list(in_queue_order(rows, now=now)[:PAGE])


def _none(request: SignedInRequest) -> HttpResponse:
    messages.info(request, "Nothing was selected that still waits for a decision.")
    return HttpResponseRedirect(reverse("web:approvals"))


def _told(
    request: SignedInRequest, found: Sequence[ApprovalRequest], outcomes: Sequence[Outcome], *, word: str, then: str
) -> HttpResponse:
    done = sum(outcome.ok for outcome in outcomes)
    numbers = {one.pk: one.number for one in found}
    if done:
        messages.success(request, f"{word.capitalize()} {done} {'request' if done == 1 else 'requests'}. {then}")
    for outcome in outcomes:
        if not outcome.ok:
            messages.error(request, f"Request {numbers[outcome.id]} was not {word}: {outcome.message}")
    return see_other(reverse("web:approvals"))


def _chosen(sent: QueryDict) -> Iterable[UUID]:
    return ids_of(sent.getlist("ids")[:PAGE])

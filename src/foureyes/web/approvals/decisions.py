"""What is done to a request on its page. Each post answers with a redirect and a sentence, or with the review again."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from foureyes.approvals.decide import Approved, approve, deny, withdraw
from foureyes.approvals.dry_run import dry_run_request
from foureyes.approvals.revoke import revoke_request
from foureyes.approvals.talk import comment
from foureyes.errors import Conflict, Refusal
from foureyes.models import ApprovalRequest
from foureyes.submission.edit import accept_suggestion
from foureyes.submission.once import Submitted
from foureyes.web.approvals.drafts import keep_comment, typed
from foureyes.web.approvals.listing import address_of, next_for, title_of
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.pages import Typed, kept_query, show_review
from foureyes.web.approvals.people import requester_name
from foureyes.web.approvals.review import request_for
from foureyes.web.approvals.standing import next_start
from foureyes.web.errors import STATUS_OF_KIND, fault_of_reason
from foureyes.web.shell.access import SignedInRequest, signed_in
from foureyes.web.shell.once import AGAIN, once_for
from foureyes.web.times import inside, shown

OVER = "This request is not open any more."  # who ended it, and when, stands below, with names and in the viewer's zone

Act = Callable[[SignedInRequest, ApprovalRequest, datetime], str]


def act_on(request: SignedInRequest, pk: UUID, act: Act, *, goes_on: bool = False) -> HttpResponse:
    """Do one thing to a request. Done: a redirect, to the next request if this person is through with this one.

    Refused: the review as it is now, with the sentence and with what was typed.
    """
    now = timezone.now()
    found = request_for(request.user, pk)
    try:
        said = act(request, found, now)
    except Refusal as refusal:
        return answer_refused(request, pk, refusal, now)
    messages.success(request, said)
    following = next_for(request.user, after=found, now=now) if goes_on else found
    return go_to(request, following)


def answer_refused(request: SignedInRequest, pk: UUID, refusal: Refusal, now: datetime) -> HttpResponse:
    """The review as it is now, with why nothing was done, and what was typed where it was typed."""
    fault = fault_of_reason(refusal)
    said = request.path == reverse("web:request-comment", args=[pk])
    return show_review(
        request,
        request_for(request.user, pk, with_parties=False),
        now=now,
        status=STATUS_OF_KIND[refusal.kind],
        refusal="" if fault else OVER if refusal.code == "already_decided" else refusal.message,
        typed=Typed(said=typed(request), said_error=fault) if said else Typed(comment=typed(request), error=fault),
    )


def go_to(request: SignedInRequest, following: ApprovalRequest | None) -> HttpResponse:
    """That request's page, with the focus on its heading, or the list."""
    kept = kept_query(request.GET)
    if following is None:
        return see_other(f"{reverse('web:approvals')}{kept}")
    return see_other(f"{address_of(following)}{kept}#title")


def see_other(url: str) -> HttpResponse:
    """303: look there, whatever the method was."""
    answer = HttpResponseRedirect(url)
    answer.status_code = 303
    return answer


def digest_read(request: SignedInRequest) -> str:
    """What the person had on the screen; a form that does not say so has read nothing."""
    return request.POST.get("digest", "")


@signed_in
@require_POST
def deny_one(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Say no, with the reason; the next request opens."""

    def act(asked: SignedInRequest, found: ApprovalRequest, now: datetime) -> str:
        origin = origin_of(asked)
        deny(request=found, by=asked.user, reason=typed(asked), digest=digest_read(asked), origin=origin, now=now)
        return _said(found, "Denied: {}. Nothing runs, and {} can read why.", requester_name(found))

    return act_on(request, pk, act, goes_on=True)


@signed_in
@require_POST
def dry_run(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Try what is asked for; the page follows."""

    def act(asked: SignedInRequest, found: ApprovalRequest, now: datetime) -> str:
        def try_it() -> Submitted:
            return Submitted(job_result=dry_run_request(request=found, by=asked.user, now=now))

        keep_comment(asked, found)
        done = once_for(asked, try_it, now=now)
        return AGAIN if done.again else "The dry run was started. Its log appears here."

    return act_on(request, pk, act)


@signed_in
@require_POST
def say(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Comment."""

    def act(asked: SignedInRequest, found: ApprovalRequest, now: datetime) -> str:
        def add() -> Submitted:
            return Submitted(request=comment(request=found, by=asked.user, text=typed(asked), now=now).request)

        return AGAIN if once_for(asked, add, now=now).again else "The comment was added."

    return act_on(request, pk, act)


@signed_in
@require_POST
def withdraw_one(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Withdraw one's own request."""

    def act(asked: SignedInRequest, found: ApprovalRequest, now: datetime) -> str:
        withdraw(request=found, by=asked.user, reason=typed(asked), now=now)
        return _said(found, "Withdrawn: {}. Nothing runs.")

    return act_on(request, pk, act)


@signed_in
@require_POST
def take_back(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Take an approval back while runs lie ahead or wait in a queue."""

    def act(asked: SignedInRequest, found: ApprovalRequest, now: datetime) -> str:
        revoke_request(request=found, by=asked.user, reason=typed(asked), origin=origin_of(asked), now=now)
        return _said(
            found, "The approval of {} was taken back. What waits in a queue is cancelled, what runs already goes on."
        )

    return act_on(request, pk, act)


@signed_in
@require_POST
def accept(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Make a suggestion one's own: a new request with it replaces this one."""
    now = timezone.now()
    found = request_for(request.user, pk)
    key = request.POST.get("suggestion", "")
    said = next((one for one in found.comments.select_related("request__scheduled_job") if str(one.pk) == key), None)
    try:
        if said is None:
            raise Conflict("There is no such suggestion any more.", code="no_suggestion")
        done = accept_suggestion(comment=said, by=request.user, now=now)
    except Refusal as refusal:
        return answer_refused(request, pk, refusal, now)
    following = done.request or found
    messages.success(request, f"The suggestion was accepted. Request {following.number} asks for it.")
    return go_to(request, following)


def said_of_approval(done: Approved, *, now: datetime) -> str:
    """What an approval led to, with a link back to it."""
    request = done.request
    if request.kind == ApprovalRequest.Kind.OPEN_GATE:
        return _said(request, "Approved: {}. Runs of this job need no approval from now on.")
    if done.job_result is not None:
        return _said(request, "Approved: {}. It starts within seconds.")
    start = next_start(request)
    if start is None:
        return _said(request, "Approved: {}.")
    return _said(request, "Approved: {}. It runs {}.", inside(shown(start, now=now).local))


def approve_one(request: SignedInRequest, found: ApprovalRequest, now: datetime) -> Approved:
    """Approve what was read, as it is."""
    return approve(
        request=found,
        by=request.user,
        reason=typed(request),
        digest=digest_read(request),
        origin=origin_of(request),
        now=now,
    )


def _said(found: ApprovalRequest, sentence: str, *more: str) -> str:
    link = format_html('<a href="{}">{}</a>', address_of(found), title_of(found))
    return format_html(sentence, link, *more)

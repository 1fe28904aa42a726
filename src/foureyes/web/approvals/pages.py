"""The list and the review: one page, and the parts that htmx asks for."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from foureyes.approvals.known import known_of
from foureyes.approvals.policy import may_read_source
from foureyes.errors import NotAllowed
from foureyes.models import ApprovalRequest
from foureyes.web.approvals.drafts import kept_comment
from foureyes.web.approvals.listing import FILTERS, LIST, Listing, Read, listing, read
from foureyes.web.approvals.origin import origin_of
from foureyes.web.approvals.review import (
    People,
    people_of,
    questions_about,
    request_for,
    review_of,
    seen_token,
)
from foureyes.web.approvals.source import whole_files
from foureyes.web.approvals.trial import telling
from foureyes.web.ids import id_of
from foureyes.web.shell.access import SignedInRequest, is_part, signed_in
from foureyes.web.shell.drafts import draft_of
from foureyes.web.shell.render import page
from foureyes.web.shell.saved import views_of

QUEUE = "Job Approval Queue"
KEPT = ("show", *FILTERS, "before", "page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed and not taken, the comment of a decision or what was to be said, and what is wrong with it."""

    comment: str = ""
    error: str = ""
    said: str = ""
    said_error: str = ""


NOTHING_TYPED = Typed()


@signed_in
@require_safe
def queue(request: SignedInRequest) -> HttpResponse:
    """The list; beside it a word on how to go on."""
    now = timezone.now()
    selected = id_of(request.GET.get("selected", ""))
    part = "web/approvals/_queue.html" if _asks_for(request, "queue") else "web/approvals/_inbox.html"
    rows = read(user=request.user, query=request.GET, now=now)
    people = people_of(None, told=rows.told, also=rows.requesters)
    return _page(
        request, part=part, selected=selected, told=rows.told, listing=_list(request, rows, people, now), now=now
    )


@signed_in
@require_safe
def review(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """One request beside the list. A page that polls gets nothing as long as nothing has changed."""
    now = timezone.now()
    found = request_for(request.user, pk, with_parties=False)
    if is_part(request) and "seen" in request.GET and request.GET["seen"] == _seen_now(found):
        return HttpResponse(status=204)
    typed = Typed(comment=kept_comment(request, found))
    if draft := draft_of(request):
        text = draft.sent.get("comment", "")
        typed = Typed(said=text) if draft.sent_to == reverse("web:request-comment", args=[pk]) else Typed(comment=text)
    return show_review(request, found, now=now, typed=typed)


@signed_in
@require_safe
def source(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """Every file that would run, as it was when somebody asked."""
    found = request_for(request.user, pk)
    if not may_read_source(found, request.user):
        raise NotAllowed("You may not read the source of this job.", code="may_not_read_source")
    files = whole_files(found, folded_after=None)
    crumbs = [*crumbs_to_queue(), (f"Request {found.number}", reverse("web:request", args=[pk]))]
    return page(
        request, "web/approvals/source.html", title="Source", nav="approvals", crumbs=crumbs, found=found, files=files
    )


def show_review(
    request: SignedInRequest,
    found: ApprovalRequest,
    *,
    now: datetime,
    status: int = 200,
    refusal: str = "",
    typed: Typed = NOTHING_TYPED,
) -> HttpResponse:
    """The review, with what was typed and not taken."""
    alone = _asks_for(request, "review")
    part = "web/approvals/_review.html" if alone else "web/approvals/_inbox.html"
    query = None if alone and is_part(request) else request.GET
    asked = partial(questions_about, user=request.user, now=now)
    rows = read(user=request.user, query=query, beside=found, questions=asked, now=now)
    known = rows.known[found.pk]
    people = people_of(known, told=rows.told, also=rows.requesters)
    shown = review_of(known, told=rows.told, people=people, user=request.user, origin=origin_of(request), now=now)
    return _page(
        request,
        part=part,
        selected=found.pk,
        told=rows.told,
        listing=_list(request, rows, people, now) if query is not None else None,
        status=status,
        now=now,
        title=f"Request {found.number}",
        review=shown,
        refusal=refusal,
        typed=typed,
        link=request.build_absolute_uri(shown.url),
    )


def crumbs_to_queue() -> list[tuple[str, str]]:
    """The way to the list."""
    return [*crumbs_of_queue(), (QUEUE, reverse("web:approvals"))]


def crumbs_of_queue() -> list[tuple[str, str]]:
    """The way to the list itself: the heading of the menu."""
    return [("Jobs", reverse("web:jobs"))]


def kept_query(query: QueryDict) -> str:
    """What is shown in the list, as a query to be carried along; with its question mark."""
    kept = QueryDict(mutable=True)
    for name in KEPT:
        if value := query.get(name):
            kept[name] = value
    return f"?{kept.urlencode()}" if kept else ""


def _page(
    request: SignedInRequest,
    *,
    part: str,
    selected: UUID | None,
    now: datetime,
    title: str = QUEUE,
    status: int = 200,
    **content: Any,
) -> HttpResponse:
    return page(
        request,
        "web/approvals/queue.html",
        part=part,
        title=title,
        nav="approvals",
        crumbs=crumbs_to_queue() if content.get("review") else crumbs_of_queue(),
        status=status,
        now=now,
        selected=selected,
        kept=kept_query(request.GET),
        **content,
    )


def _list(request: SignedInRequest, rows: Read, people: People, now: datetime) -> Listing:
    views = views_of(request, LIST, rows.told["views"])
    return listing(rows, names=people.names, views=views, now=now)


def _asks_for(request: SignedInRequest, region: str) -> bool:
    """Whether htmx fills that region; it tells its target as `aside#queue`."""
    return request.headers.get("HX-Target", "").partition("#")[2] == region


def _seen_now(found: ApprovalRequest) -> str:
    known = known_of([found], closely=found)[found.pk]
    trial = telling(known.trials)
    return seen_token(found, trial.run if trial else None, last=known.facts[-1].pk if known.facts else None)

"""Drafts: forms that came after the session had ended. What was typed is kept for an hour, sealed, for one person.

A form takes part by the tag `keeps`, which says in a signed field whom it was made for, on which page it stands, and
which of its fields are never kept. Nothing is sent by itself: the page comes back filled, and the person sends it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from foureyes.errors import Unavailable
from foureyes.runs.sealing import seal, unseal
from foureyes.users.models import User

FIELD = "_draft"
KEPT_AS = "draft"  # in the session
ANEW = "anew"  # in the query of the link to the empty form
LIFE = timedelta(hours=1)
MOST_CHARACTERS = 64 * 1024
NOT_SENT = "Your session has ended, so nothing was sent."
KEPT = f"{NOT_SENT} What you typed is kept for an hour: sign in again, and the form comes back with it."
TOO_LONG = f"{NOT_SENT} What you typed is too long to be kept here: your browser's Back button may still have it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a form held. `sent_to` is the address that its button named."""

    sent: QueryDict
    sent_to: str


def mark(*, user: User, page: str, never: Iterable[str] = ()) -> str:
    """What a form says of itself: whom it was made for, its page, and the fields that are never kept."""
    return _signer().sign_object([str(user.pk), page, sorted(never)], compress=True)


def keep(request: HttpRequest) -> tuple[str, str]:
    """Keep what a form held that cannot be taken now. Gives its page, and what to say to the person.

    The page is empty if nothing is kept: the form does not take part, or somebody else has signed in since.
    """
    made_for, page, never = _marked(request)
    if not page:
        return "", NOT_SENT
    if request.user.is_authenticated and str(request.user.pk) != made_for:
        return "", NOT_SENT
    left_out = {FIELD, "csrfmiddlewaretoken", *never}
    fields = [(name, texts) for name, texts in request.POST.lists() if name not in left_out]
    if len(json.dumps(fields)) > MOST_CHARACTERS:
        return page, TOO_LONG
    draft = {
        "for": made_for,
        "page": page,
        "to": request.path,
        "fields": fields,
        "until": (timezone.now() + LIFE).timestamp(),
    }
    if not request.user.is_authenticated:
        request.session.set_expiry(LIFE)  # signing in gives it a new life
    request.session[KEPT_AS] = seal(draft).decode()
    return page, KEPT


def draft_of(request: HttpRequest) -> Draft | None:
    """What this person typed into the form of this page; once a page has asked for it, it says so at its top."""
    if request.method != "GET" or ANEW in request.GET:
        return None
    if (kept := _kept(request)) is None or kept["page"] != request.path:
        return None
    sent = QueryDict(mutable=True)
    for name, texts in kept["fields"]:
        sent.setlist(name, texts)
    request.draft_is_shown = True  # type: ignore[attr-defined]  # for the shell
    return Draft(sent=sent, sent_to=kept["to"])


def typed_in(request: HttpRequest) -> QueryDict:
    """What the form of this page holds: what was sent just now, else the draft. Empty if nobody typed anything."""
    if request.method == "POST":
        return request.POST
    draft = draft_of(request)
    return draft.sent if draft else QueryDict()


def look_after(request: HttpRequest) -> None:
    """Forget a draft that is somebody else's or too old, and one whose form is sent now."""
    if KEPT_AS not in request.session:
        return
    kept = _kept(request)
    sent_again = kept is not None and request.method == "POST" and _marked(request)[1] == kept["page"]
    if kept is None or sent_again:
        del request.session[KEPT_AS]


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    """The draft in the session, if it is this person's and not too old."""
    sealed = request.session.get(KEPT_AS)
    if not sealed:
        return None
    try:
        kept = unseal(sealed.encode())
    except Unavailable:
        return None
    theirs = kept["for"] == str(request.user.pk)
    return kept if theirs and timezone.now().timestamp() < kept["until"] else None


def _marked(request: HttpRequest) -> tuple[str, str, list[str]]:
    """What `mark` said; empty where it did not, or somebody else says so."""
    try:
        made_for, page, never = _signer().unsign_object(request.POST.get(FIELD, ""))
    except (BadSignature, ValueError):
        return "", "", []
    return made_for, page, never


def _signer() -> Signer:
    return Signer(salt="foureyes.drafts")

"""How a "no" looks on a page: kinds of refusals, addresses that do not exist, and requests that crash."""

import json
import logging
import secrets
import sys
from collections.abc import Callable

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import is_valid_path
from django.utils import timezone

from foureyes.errors import Refusal
from foureyes.processes.patience import took_too_long
from foureyes.sentences import faults_of, said_by
from foureyes.users.attempts import TooManyAttempts
from foureyes.users.models import User
from foureyes.web.addresses import page_before
from foureyes.web.names import listed

log = logging.getLogger("foureyes.web")

ONLY_POSTED = 405
TOO_MANY = 429
ICON_OF_STATUS = {403: "lock", 404: "search", 409: "git-compare", 429: "clock", 500: "octagon-x", 503: "refresh-cw"}
STATUS_OF_KIND = {"invalid": 422, "not_allowed": 403, "conflict": 409, "unavailable": 503}
HEADING_OF_STATUS = {
    400: "This request cannot be taken",
    413: "That is too large",
    429: "Too many attempts",
    503: "Back in a moment",
}
HEADING_OF_KIND = {
    "invalid": "This cannot be taken as it is",
    "not_allowed": "You may not do this",
    "conflict": "Something changed in the meantime",
    "unavailable": "Not possible right now",
}


def status_of(refusal: Refusal | None) -> int:
    """Of a page that shows the refusal, or none."""
    if isinstance(refusal, TooManyAttempts):
        return TOO_MANY
    return 200 if refusal is None else STATUS_OF_KIND[refusal.kind]


def fault_of_reason(refusal: Refusal) -> str:
    """What is wrong with a reason or a comment, to be told where it was typed; empty if the refusal is not about it."""
    fields = faults_of(refusal)
    return next(iter(fields.get("reason") or fields.get("text") or ()), "")


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page with the refusal's sentence, for what the page itself did not answer."""
    status = status_of(refusal)
    heading = HEADING_OF_STATUS[status] if status == TOO_MANY else HEADING_OF_KIND[refusal.kind]
    answer = error_page(
        request, status=status, heading=heading, text=said_by(refusal), ask=_whom_to_ask(request, refusal)
    )
    if isinstance(refusal, TooManyAttempts):
        answer["Retry-After"] = str(refusal.retry_after_seconds)
    return answer


def _whom_to_ask(request: HttpRequest, refusal: Refusal) -> str:
    """Who can give the permission that is missing; nobody where no permission would help."""
    lacks = refusal.kind == "not_allowed" and (refusal.code == refusal.kind or refusal.code.startswith("may_not_"))
    if not lacks or not request.user.is_authenticated:
        return ""
    administrators = User.objects.filter(is_superuser=True, is_active=True).order_by("username")
    return listed(person.called for person in administrators)


def error_page(
    request: HttpRequest, *, status: int, heading: str, text: str, ask: str = "", search: bool = False
) -> HttpResponse:
    """In the shell if somebody is signed in, else a plain page. With the way back, and whom to ask or where to look."""
    from foureyes.web.shell.access import zone_of  # the shell answers with error pages itself
    from foureyes.web.shell.render import page

    with timezone.override(zone_of(request.user) if request.user.is_authenticated else None):
        answer = page(
            request,
            "web/error.html",
            part="web/_error.html",
            title=heading,
            status=status,
            heading=heading,
            text=text,
            ask=ask,
            search=search,
            back=page_before(request),
            icon_of_error=_icon(status),
        )
    answer["HX-Retarget"] = "#flash"  # the part that htmx meant to fill stays as it is
    answer["HX-Reswap"] = "innerHTML"
    return answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; JSON below `/api/`, where programs ask."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    text = "It may have been deleted, or you may not view it."
    if not request.user.is_authenticated:
        text += " Sign in to see what you may view."
    return error_page(request, status=404, heading="There is nothing at this address", text=text, search=True)


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the protection against forged posts: the page was open too long, or cookies are off.

    A form that this person's own page had, from before they signed in again, comes back with what was typed.
    """
    from foureyes.web.shell import drafts  # the shell answers with error pages itself

    page, said = drafts.keep(request)
    if said == drafts.KEPT:
        answer = HttpResponseRedirect(page)
        answer.status_code = 303
        return answer
    text = (
        "This page did not prove that it is ours: it was open since before you signed in, or your browser keeps no "
        "cookies. Nothing was changed. Go back, reload the page, and try again."
    )
    return error_page(request, status=403, heading="Nothing was sent", text=text)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 of what no page could read: too many fields, a wrong host name."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "This request cannot be taken."}, status=400)
    return _plain(
        request, status=400, heading="This request cannot be taken", text="Nothing was done. Go back and try."
    )


def crashed(request: HttpRequest) -> HttpResponse:
    """500 without any detail but a reference that the log has too; 503 while the database does not answer, or in time.

    409 where a row that a page had read was deleted before the operation read it again. Asks nothing of the database.
    """
    error = sys.exc_info()[1]
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "The server failed to answer; its log has the details."}, status=500)
    if took_too_long(error):
        text = (
            "The database took longer for this than a page may wait. Ask for less: a shorter time, a narrower search."
        )
        return _plain(request, status=503, heading="That took too long", text=text)
    if isinstance(error, ObjectDoesNotExist):  # an operation reads its row again, under a lock
        log.warning("request.row_gone", exc_info=error, extra={"path": request.path})
        text = "What this page is about was deleted in the meantime. Nothing was changed."
        return _plain(request, status=409, heading=HEADING_OF_KIND["conflict"], text=text)
    if isinstance(error, DatabaseError):
        text = "The database does not answer, or is being upgraded. Nothing is lost. This page tries again by itself."
        return _plain(request, status=503, heading="Back in a moment", text=text, again=True)
    reference = secrets.token_hex(4)
    log.error("request.crashed", extra={"reference": reference, "path": request.path, "method": request.method})
    text = (
        "The fault is on our side, and the server's log has the details under the reference below. Look whether what "
        "you sent was done before you send it again."
    )
    return _plain(request, status=500, heading="The server failed to answer", text=text, reference=reference)


class ErrorPages:
    """Middleware: what was refused before it came to a page, and is said as JSON to programs, as a page to people.

    An address that takes posts only, and stays in the browser when one is refused, leads to its page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, with a page in the place of a JSON error."""
        answer = self.get_response(request)
        programs = request.path.startswith(("/api/", "/health/"))
        if answer.status_code == ONLY_POSTED and request.method in ("GET", "HEAD") and not programs:
            return HttpResponseRedirect(_above(request))
        if programs or answer.status_code not in HEADING_OF_STATUS or not _is_json(answer):
            return answer
        told = json.loads(answer.content).get("detail", "")
        shown = _plain(request, status=answer.status_code, heading=HEADING_OF_STATUS[answer.status_code], text=told)
        if "Retry-After" in answer:
            shown["Retry-After"] = answer["Retry-After"]
        return shown


def _above(request: HttpRequest) -> str:
    """The nearest address above that of an action; what is shown around it stays chosen."""
    path, query = _cut(request.path), request.META.get("QUERY_STRING", "")
    while not is_valid_path(path):
        path = _cut(path)
    return f"{path}?{query}" if query else path


def _cut(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0] + "/"


def _icon(status: int) -> str:
    return ICON_OF_STATUS.get(status, "circle-alert")


def _is_json(answer: HttpResponse) -> bool:
    return answer.get("Content-Type", "").startswith("application/json") and not answer.streaming


def _plain(
    request: HttpRequest, *, status: int, heading: str, text: str, again: bool = False, reference: str = ""
) -> HttpResponse:
    """A page without the shell, for when nobody knows who asks. With `again` it asks again by itself."""
    from foureyes.web.shell.render import theme_of  # the shell answers with error pages itself

    context = {
        "heading": heading,
        "text": text,
        "again": again,
        "reference": reference,
        "icon_of_error": _icon(status),
        "theme": theme_of(request),
    }
    return render(request, "web/plain.html", context, status=status)

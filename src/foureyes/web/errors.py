"""How a "no" looks on a page: kinds of refusals, addresses that do not exist, and requests that crash."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from foureyes.errors import Refusal

log = logging.getLogger("foureyes.web")

STATUS_OF_KIND = {"invalid": 422, "not_allowed": 403, "conflict": 409, "unavailable": 503}
HEADING_OF_KIND = {
    "invalid": "This cannot be taken as it is",
    "not_allowed": "You may not do this",
    "conflict": "Something changed in the meantime",
    "unavailable": "Not possible right now",
}


def status_of(refusal: Refusal | None) -> int:
    """Of a page that shows the refusal, or none."""
    return 200 if refusal is None else STATUS_OF_KIND[refusal.kind]


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """A page with the refusal's sentence, for what the page itself did not answer."""
    return error_page(request, status=status_of(refusal), heading=HEADING_OF_KIND[refusal.kind], text=refusal.message)


def error_page(request: HttpRequest, *, status: int, heading: str, text: str, reference: str = "") -> HttpResponse:
    """In the shell if somebody is signed in, else a plain page."""
    from foureyes.web.shell.render import page  # the shell answers with error pages itself

    answer = page(
        request,
        "web/error.html",
        part="web/_error.html",
        title=heading,
        status=status,
        heading=heading,
        text=text,
        reference=reference,
    )
    answer["HX-Retarget"] = "#flash"  # the part that htmx meant to fill stays as it is
    answer["HX-Reswap"] = "innerHTML"
    return answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404; JSON below `/api/`, where programs ask."""
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    text = "It may have been deleted, or you may not view it. The search finds what you may see."
    return error_page(request, status=404, heading="There is nothing at this address", text=text)


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the protection against forged posts: the page was open too long, or cookies are off."""
    text = (
        "This page did not prove that it is ours: it was open since before you signed in, or your browser keeps no "
        "cookies. Nothing was changed. Go back, reload the page, and try again."
    )
    return error_page(request, status=403, heading="Nothing was sent", text=text)


def crashed(request: HttpRequest) -> HttpResponse:
    """500 without any detail but a reference that the log has too. Asks nothing of the database."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": "The server failed to answer; its log has the details."}, status=500)
    reference = secrets.token_hex(4)
    log.error("request.crashed", extra={"reference": reference, "path": request.path, "method": request.method})
    return render(request, "web/crashed.html", {"reference": reference, "theme": "system"}, status=500)

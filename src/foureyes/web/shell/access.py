"""Who a page is for. Signed-out people are sent to the sign-in page and come back afterwards."""

import functools
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from foureyes.errors import Invalid, Refusal
from foureyes.triggers.zones import zone_names
from foureyes.users.models import User
from foureyes.users.sessions import SessionStore
from foureyes.web.errors import refused
from foureyes.web.shell import drafts


class SignedInRequest(HttpRequest):
    """A request of which it is known who makes it."""

    user: User  # never the anonymous one
    session: SessionStore


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views of people who are signed in, in their time zone. A refusal becomes a page with its sentence.

    No text of a form holds a NUL, which PostgreSQL stores nowhere; so no view looks for one.
    """

    @functools.wraps(view)
    def admitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        request.user = getattr(request.user, "_wrapped", request.user)  # operations take the row, not Django's proxy
        if request.method == "POST" or not is_part(request):  # parts come by themselves
            cast(SessionStore, request.session).use(now=timezone.now())
        with timezone.override(zone_of(request.user)):
            drafts.look_after(request)
            try:
                _demand_storable(request)
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                return refused(request, refusal)

    admitted.for_signed_in = True  # type: ignore[attr-defined]  # a test looks for it on every page
    return admitted


def zone_of(user: User) -> ZoneInfo:
    """The zone in which a person reads times: their own, else the installation's."""
    name = user.time_zone if user.time_zone in zone_names() else settings.TIME_ZONE
    return ZoneInfo(name)


def _demand_storable(request: HttpRequest) -> None:
    if request.method == "POST" and any("\x00" in text for _, texts in request.POST.lists() for text in texts):
        raise Invalid("A text holds a NUL character, which cannot be stored. Type it without, and send it again.")


def is_part(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of the page only."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page, which leads back; what was typed is kept. A part says so at the top of the page that asked."""
    if request.headers.get("HX-Request") == "true":
        return _told_in_place(request)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    page, said = drafts.keep(request)
    messages.info(request, said)
    return redirect_to_login(page or _path_of(request.META.get("HTTP_REFERER", "")), settings.LOGIN_URL)


def _told_in_place(request: HttpRequest) -> HttpResponse:
    """What stands on the page stays, typed texts above all."""
    back = urlencode({"next": _path_of(request.headers.get("HX-Current-URL", ""))})
    answer = render(request, "web/_signed_out.html", {"sign_in": f"{settings.LOGIN_URL}?{back}"})
    answer["HX-Retarget"] = "#flash"
    answer["HX-Reswap"] = "innerMorph"  # a page that polls is told once
    answer["HX-Push-Url"] = "false"
    return answer


def _path_of(url: str) -> str:
    """Of an address of ours, as a browser tells where it was, what follows the host."""
    parts = urlsplit(url)
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))

"""Who a page is for. Signed-out people are sent to the sign-in page and come back afterwards."""

import functools
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from foureyes.errors import Invalid, Refusal
from foureyes.triggers.zones import zone_names
from foureyes.users.models import User
from foureyes.web.errors import refused


class SignedInRequest(HttpRequest):
    """A request of which it is known who makes it."""

    user: User  # never the anonymous one


def signed_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For views of people who are signed in, in their time zone. A refusal becomes a page with its sentence.

    No text of a form holds a NUL, which PostgreSQL stores nowhere; so no view looks for one.
    """

    @functools.wraps(view)
    def admitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        request.user = getattr(request.user, "_wrapped", request.user)  # operations take the row, not Django's proxy
        with timezone.override(zone_of(request.user)):
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
    back = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "/")
    if request.headers.get("HX-Request") == "true":
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = settings.LOGIN_URL
        return answer
    return redirect_to_login(back, settings.LOGIN_URL)

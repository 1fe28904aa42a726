"""Lets clients leave out the slash at the end of an address when they send something.

A redirect would lose what was sent (1.x answers 301, and the approve line of its own documentation does nothing).
Reading requests are redirected by Django, as ever.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path
from rest_framework.permissions import SAFE_METHODS


class OptionalSlash:
    """Middleware, before the one that redirects."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serves `/api/.../run` as `/api/.../run/`, if only the latter exists."""
        path = request.path_info
        if (
            request.method not in SAFE_METHODS
            and path.startswith("/api/")
            and not path.endswith("/")
            and not is_valid_path(path)
            and is_valid_path(f"{path}/")
        ):
            request.path_info = f"{path}/"
            request.path = f"{request.path}/"
        return self.get_response(request)

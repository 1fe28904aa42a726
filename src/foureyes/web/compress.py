"""Sends pages compressed. Answers of the API stay as they are: their clients count on that."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """For HTML alone. Django adds a random length, so that sizes tell nothing about secrets in a page."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        """The answer, smaller where the browser takes it."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response  # type: ignore[no-any-return]  # whatever the view made
        return super().process_response(request, response)

"""Refuses requests that are larger than anything the API takes, before they are read.

The server passes on no more than the length that a request names, so the named length is enough to look at.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from foureyes.conf import get_conf

FORM_OVERHEAD = 2**20  # the parts of a form besides its file


class BodyLimit:
    """Middleware: 413 above `max_upload_bytes` for forms with files, and above Django's limit for anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes on what is small enough."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = _most(request)
        if length.isdigit() and int(length) > most:
            return JsonResponse({"detail": f"The request is larger than {most} bytes, the most allowed."}, status=413)
        return self.get_response(request)


def _most(request: HttpRequest) -> int:
    if (request.content_type or "") == "multipart/form-data":
        return get_conf().max_upload_bytes + FORM_OVERHEAD
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

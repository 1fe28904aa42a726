"""Refuses requests that are larger than anything the API takes, before they are read, and addresses that name nothing.

The server passes on no more than the length that a request names, so the named length is enough to look at. Bodies that
come in chunks name none: they are read first, no further than to what is too much.
"""

import tempfile
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from foureyes.conf import get_conf
from foureyes.sentences import size_in_words

FORM_OVERHEAD = 2**20  # the parts of a form besides its file
IN_MEMORY = 2**20
PIECE = 2**16


class BodyLimit:
    """Middleware: 413 above `max_upload_bytes` for forms with files, and above Django's limit for anything else.

    A null character in an address names nothing and in a parameter cannot be looked for: PostgreSQL has none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes on what is small enough."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = _most(request.content_type or "")
        if length.isdigit() and int(length) > most:
            detail = f"The request is larger than {size_in_words(most)}, the most allowed."
            return JsonResponse({"detail": detail}, status=413)
        if "\x00" in request.path_info:
            return JsonResponse({"detail": "Not found."}, status=404)
        if "%00" in request.META.get("QUERY_STRING", ""):
            return JsonResponse({"detail": "A parameter has a null character."}, status=400)
        return self.get_response(request)


class MeasuredBodies:
    """A WSGI application around Django's, which takes a body without a length for none and would lose it."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self.application = application

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Reads a body that comes in chunks, so that it has a length."""
        if environ.get("CONTENT_LENGTH") or "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self.application(environ, start_response)
        most = _most(environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower())
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            while body.tell() <= most and (piece := environ["wsgi.input"].read(PIECE)):
                body.write(piece)
            environ["CONTENT_LENGTH"] = str(body.tell())
            body.seek(0)
            environ["wsgi.input"] = body
            return self.application(environ, start_response)


def _most(content_type: str) -> int:
    if content_type == "multipart/form-data":
        return get_conf().max_upload_bytes + FORM_OVERHEAD
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)

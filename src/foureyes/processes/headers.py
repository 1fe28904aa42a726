"""What every answer tells browsers: stay among yourselves, guess nothing, keep nothing, show nothing in a frame.

The outermost middleware, so that files, refusals and errors have the headers too. A view that needs another value sets
it. Streams, which pass no middleware, call `send_head`.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from foureyes.conf import get_conf
from foureyes.users.addresses import address_of

YEAR_SECONDS = 365 * 24 * 3600
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
INERT = "sandbox; default-src 'none'"  # the policy of what a job wrote: it must not act in our origin (gate G22)
ALWAYS = {
    "Cache-Control": "no-store, private",  # most answers are for who asked, and true at that moment
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def safe_headers() -> dict[str, str]:
    """The headers of an answer for which nothing else is said."""
    strict = {"Strict-Transport-Security": f"max-age={YEAR_SECONDS}"} if get_conf().https else {}
    return {**ALWAYS, **strict}


async def send_head(answer: HttpResponse, send: Any) -> None:
    """Begin an answer that an ASGI application sends itself, with its headers and the safe ones."""
    pairs = {**safe_headers(), **dict(answer.items())}
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs.items()]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})


class SafeHeaders:
    """Middleware: adds the headers, and knows the client behind trusted proxies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer with every header that it does not have."""
        request.META["REMOTE_ADDR"] = address_of(request)
        answer = self.get_response(request)
        for name, value in safe_headers().items():
            answer.headers.setdefault(name, value)
        return answer

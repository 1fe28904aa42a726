"""Where a request comes from: kept beside decisions, and counted against guessing."""

from typing import Any, Protocol

from foureyes.conf import get_conf


class Sent(Protocol):
    """A request, of Django or of a framework on top of it."""

    @property
    def META(self) -> dict[str, Any]:  # noqa: N802 - Django's name
        """Headers and the connection."""


def address_of(request: Sent) -> str:
    """The client's address; behind trusted proxies the one that the outermost of them saw.

    What a client writes into `X-Forwarded-For` itself stands before what proxies append, and is never believed.
    """
    here = str(request.META.get("REMOTE_ADDR") or "")
    proxies = get_conf().proxies
    passed = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    return passed[-proxies] if proxies and len(passed) >= proxies and passed[-proxies] else here

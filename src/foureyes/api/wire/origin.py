"""Where a request comes from, as it is kept beside a decision and counted against guessing."""

from django.http import HttpRequest
from rest_framework.request import Request

from foureyes.approvals.origin import Origin
from foureyes.conf import get_conf
from foureyes.users.models import Token


def address_of(request: HttpRequest | Request) -> str:
    """The client's address; behind trusted proxies the one that the outermost of them saw."""
    here = str(request.META.get("REMOTE_ADDR") or "")
    proxies = get_conf().proxies
    passed = [part.strip() for part in str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    return passed[-proxies] if proxies and len(passed) >= proxies and passed[-proxies] else here


def origin_of(request: Request) -> Origin:
    """Token, address and client of a request. Whoever signed in without a token may decide."""
    token = request.auth if isinstance(request.auth, Token) else None
    return Origin(
        token_hint=token.hint if token else "",
        address=address_of(request),
        client=request.headers.get("User-Agent", ""),
        may_decide=token is None or token.may_decide,
    )

"""Where a decision made through the API comes from, as it is kept beside it."""

from rest_framework.request import Request

from foureyes.approvals.origin import Origin
from foureyes.users.addresses import address_of
from foureyes.users.models import Token


def origin_of(request: Request) -> Origin:
    """Token, address and client of a request. Whoever signed in without a token may decide."""
    token = request.auth if isinstance(request.auth, Token) else None
    return Origin(
        token_hint=token.hint if token else "",
        address=address_of(request),
        client=request.headers.get("User-Agent", ""),
        may_decide=token is None or token.may_decide,
    )

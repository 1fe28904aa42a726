"""Where a decision made on a page comes from, as it is kept beside it."""

from foureyes.approvals.origin import Origin
from foureyes.users.addresses import address_of
from foureyes.web.shell.access import SignedInRequest


def origin_of(request: SignedInRequest) -> Origin:
    """Address and browser. Whoever signed in may decide."""
    return Origin(address=address_of(request), client=request.headers.get("User-Agent", ""))

"""Who asked for what is in a request."""

from foureyes.models import ApprovalRequest, RequestParty
from foureyes.web.names import Names

Party = RequestParty.Part


def requester_name(request: ApprovalRequest) -> str:
    """Who asked, by name."""
    party = requester_of(request)
    return Names(ids=[party.person_id]).of(party.person_id, party.person_name) if party else "the system"


def requester_of(request: ApprovalRequest) -> RequestParty | None:
    """Who asked, among the prefetched parties; None if nobody did, as for what the system asked."""
    parties = [party for party in request.parties.all() if party.part == Party.CONTRIBUTOR]
    asked = [party for party in parties if "requester" in party.roles]
    return next(iter([*asked, *parties]), None)

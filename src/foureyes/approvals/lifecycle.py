"""The states of approval requests and the legal moves between them. They are written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foureyes.errors import Conflict
from foureyes.models import ApprovalRequest, RequestParty

State = ApprovalRequest.State
OPEN = frozenset({State.OPEN})


class Happening(StrEnum):
    """What can happen to a request."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"  # another request replaces it


@dataclass(frozen=True, slots=True)
class Move:
    """From which states something may happen, and the state after it."""

    sources: frozenset[ApprovalRequest.State]
    target: ApprovalRequest.State


MOVES: Mapping[Happening, Move] = {
    Happening.GRANT: Move(OPEN, State.GRANTED),
    Happening.DENY: Move(OPEN, State.DENIED),
    Happening.WITHDRAW: Move(OPEN, State.WITHDRAWN),
    Happening.EXPIRE: Move(OPEN, State.EXPIRED),
    Happening.SUPERSEDE: Move(OPEN, State.SUPERSEDED),
}


ENDED = {
    State.GRANTED: "was approved",
    State.DENIED: "was denied",
    State.WITHDRAWN: "was withdrawn",
    State.EXPIRED: "expired",
    State.SUPERSEDED: "was replaced",
}


def move(*, request: ApprovalRequest, happening: Happening, now: datetime) -> None:
    """Move one request, if nobody was faster; a Conflict tells who was. Every move ends it."""
    to = MOVES[happening]
    held = ApprovalRequest.objects.filter(pk=request.pk, state__in=to.sources)
    if held.update(state=to.target, decided_at=now) != 1:
        raise already_over(ApprovalRequest.objects.get(pk=request.pk))
    request.state, request.decided_at = to.target, now


def already_over(request: ApprovalRequest) -> Conflict:
    """A request that is not open any more: who decided what, and when."""
    when = f" at {request.decided_at:%Y-%m-%d %H:%M:%S} UTC" if request.decided_at else ""
    decider = request.parties.filter(part=RequestParty.Part.DECIDER).first()
    by = f" by {decider.person_name}" if decider else ""
    ended = ENDED[State(request.state)]
    return Conflict(f"Request {request.number} {ended}{by}{when}.", code="already_decided")

"""What requesters are told: how their requests ended. Each is told once, on whatever page they open next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet

from foureyes.approvals.lifecycle import State
from foureyes.models import ApprovalRequest, RequestParty
from foureyes.users.models import User

WORTH_TELLING = (State.GRANTED, State.DENIED, State.EXPIRED)  # who withdraws or replaces a request knows it


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The requests that ended last, each with its grant and with its decider in `parties`; how many more there are."""

    requests: Sequence[ApprovalRequest]
    more: int


def untold(person: User) -> QuerySet[ApprovalRequest]:
    """Requests of this person that ended, of which nothing was told yet."""
    return ApprovalRequest.objects.filter(tells=person, told_at__isnull=True, state__in=WORTH_TELLING)


def news_for(person: User, *, since: datetime) -> QuerySet[ApprovalRequest]:
    """Those, and what was told since then, with their deciders; the newest decision first."""
    lately = Q(told_at__isnull=True) | Q(told_at__gte=since)
    return _with_deciders(ApprovalRequest.objects.filter(lately, tells=person, state__in=WORTH_TELLING))


def take_news(*, person: User, most: int, now: datetime) -> News | None:
    """What is to be told to this person now; None if there is nothing, or it is told on another page at this moment."""
    found = list(_with_deciders(untold(person))[:most])
    taken = untold(person).update(told_at=now) if found else 0
    return News(requests=found, more=max(taken - len(found), 0)) if taken else None


def _with_deciders(rows: QuerySet[ApprovalRequest]) -> QuerySet[ApprovalRequest]:
    deciders = RequestParty.objects.filter(part=RequestParty.Part.DECIDER)
    return (
        rows.select_related("job", "grant")
        .prefetch_related(Prefetch("parties", deciders))
        .order_by("-decided_at", "-pk")
    )

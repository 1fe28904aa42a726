"""The states of messages and the legal moves between them. They are written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from foureyes.models import Webhook, WebhookDelivery

State = WebhookDelivery.State


class Happening(StrEnum):
    """What can happen to a message."""

    DELIVER = "deliver"  # the receiver took it
    RETRY = "retry"  # it was not taken, and is tried again later
    GIVE_UP = "give up"  # it is not tried any more
    REVIVE = "revive"  # a person wants it sent again


@dataclass(frozen=True, slots=True)
class Move:
    """From which states something may happen, and the state after it."""

    sources: frozenset[WebhookDelivery.State]
    target: WebhookDelivery.State


MOVES: Mapping[Happening, Move] = {
    Happening.DELIVER: Move(frozenset({State.PENDING}), State.DELIVERED),
    Happening.RETRY: Move(frozenset({State.PENDING}), State.PENDING),
    Happening.GIVE_UP: Move(frozenset({State.PENDING}), State.FAILED),
    Happening.REVIVE: Move(frozenset({State.PENDING, State.FAILED}), State.PENDING),
}


def move(*, delivery_id: UUID, attempt: int, happening: Happening, **columns: object) -> bool:
    """Move one message and set `columns` with it; False if it is not as it was read: somebody else has it by now."""
    to = MOVES[happening]
    held = WebhookDelivery.objects.filter(pk=delivery_id, attempts=attempt, state__in=to.sources)
    return held.update(state=to.target, **columns) == 1


def give_up_all(*, webhook: Webhook, reason: str, now: datetime) -> int:
    """Give up everything that waits for the receiver of a webhook; gives how many that were."""
    to = MOVES[Happening.GIVE_UP]
    waiting = WebhookDelivery.objects.filter(webhook=webhook, state__in=to.sources)
    return waiting.update(state=to.target, finished_at=now, error=reason)

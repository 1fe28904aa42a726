"""Every state of a message with everything that can happen to it."""

import itertools
from collections.abc import Callable
from datetime import datetime

import pytest

from foureyes.models import WebhookDelivery
from foureyes.notifications.lifecycle import MOVES, Happening, State, move


@pytest.mark.parametrize(("state", "happening"), list(itertools.product(State, Happening)))
def test_moves_are_those_of_the_table(
    waiting: Callable[..., WebhookDelivery], now: datetime, state: WebhookDelivery.State, happening: Happening
) -> None:
    row = waiting()
    WebhookDelivery.objects.update(state=state, finished_at=None if state == State.PENDING else now)
    allowed = state in MOVES[happening].sources
    assert move(delivery_id=row.pk, attempt=0, happening=happening, finished_at=now) is allowed
    row.refresh_from_db()
    assert row.state == (MOVES[happening].target if allowed else state)

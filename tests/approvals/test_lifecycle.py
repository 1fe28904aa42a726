"""Every state of a request meets everything that can happen to it."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.approvals.lifecycle import MOVES, Happening, State, move
from foureyes.errors import Conflict
from foureyes.models import ApprovalRequest


@pytest.mark.parametrize("happening", Happening)
@pytest.mark.parametrize("state", State.values)
def test_moves_are_those_of_the_table(daily: Any, now: datetime, state: str, happening: Happening) -> None:
    ApprovalRequest.objects.update(state=state)
    daily.refresh_from_db()
    if state in MOVES[happening].sources:
        move(request=daily, happening=happening, now=now)
        assert (daily.state, daily.decided_at) == (MOVES[happening].target, now)
    else:
        with pytest.raises(Conflict):
            move(request=daily, happening=happening, now=now)
    assert ApprovalRequest.objects.get().state == daily.state


def test_every_move_ends_a_request() -> None:
    assert {target.target for target in MOVES.values()} == set(State) - {State.OPEN}
    assert all(one.sources == {State.OPEN} for one in MOVES.values())

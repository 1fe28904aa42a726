"""Every state with everything that can happen."""

import pytest
from tests.schedules.conftest import MakeSchedule

from foureyes.errors import Conflict
from foureyes.models import ScheduledJob
from foureyes.schedules.lifecycle import MOVES, Happening, State, move


@pytest.mark.parametrize("happening", list(Happening))
@pytest.mark.parametrize("state", list(State))
def test_only_legal_moves_are_made(make_schedule: MakeSchedule, state: State, happening: Happening) -> None:
    schedule = make_schedule()
    schedule.state = state
    schedule.save()
    if state in MOVES[happening].sources:
        move(schedule=schedule, happening=happening, state_reason="why")
        row = ScheduledJob.objects.get()
        assert (row.state, row.state_reason) == (schedule.state, "why") == (MOVES[happening].target, "why")
    else:
        with pytest.raises(Conflict):
            move(schedule=schedule, happening=happening)
        assert ScheduledJob.objects.get().state == state


def test_row_that_was_edited_in_the_meantime_is_not_moved(make_schedule: MakeSchedule) -> None:
    schedule = make_schedule()
    ScheduledJob.objects.update(revision=2)
    with pytest.raises(Conflict):
        move(schedule=schedule, happening=Happening.PAUSE)

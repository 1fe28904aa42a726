"""Every state with everything that can happen."""

from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import JobResult, Worker
from foureyes.runs.lifecycle import ENDED, LIVE, MOVES, SWITCHES, Happening, Status, Switch, move, switch


def put(run: JobResult, status: str, now: Any) -> None:
    ended = status in ENDED
    JobResult.objects.filter(pk=run.pk).update(
        status=status, lease_until=now if status == "running" else None, completed=now if ended else None
    )


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("happening", list(Happening))
def test_moves_of_runs(status: Any, happening: Any, make_job: Any, ask: Any, now: Any) -> None:
    run = ask(make_job())
    put(run, status, now)
    run.refresh_from_db()
    if status in MOVES[happening].sources:
        move(run=run, happening=happening, lease_until=now, completed=now)
        assert run.status == JobResult.objects.get().status == MOVES[happening].target
    else:
        with pytest.raises(Conflict):
            move(run=run, happening=happening, lease_until=now, completed=now)
        assert JobResult.objects.get().status == status


def test_every_state_is_live_or_ended() -> None:
    assert set(Status) == LIVE | ENDED
    assert not LIVE & ENDED
    assert all(not rule.sources & ENDED for rule in MOVES.values())


def test_late_worker_writes_nothing(make_job: Any, start: Any, now: Any) -> None:
    run = start(make_job())
    JobResult.objects.update(attempt=2)
    with pytest.raises(Conflict):
        move(run=run, happening=Happening.COMPLETE, completed=now)
    assert JobResult.objects.get().status == "running"


def test_refused_move_leaves_the_row_in_hand_unchanged(make_job: Any, start: Any, now: Any) -> None:
    run = start(make_job())
    JobResult.objects.update(worker=None)
    with pytest.raises(Conflict):
        move(run=run, happening=Happening.COMPLETE, completed=now)
    assert (run.status, run.completed) == ("running", None)


@pytest.mark.parametrize("state", list(Worker.State))
@pytest.mark.parametrize("what", list(Switch))
def test_moves_of_workers(state: Any, what: Any, worker: Any) -> None:
    Worker.objects.update(state=state)
    allowed = state in SWITCHES[what].sources
    assert switch(worker=worker, what=what) is allowed
    assert worker.state == (SWITCHES[what].target if allowed else state)

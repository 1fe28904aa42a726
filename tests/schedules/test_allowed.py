"""The reason for which a button is off is the one that the operation would give."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from tests.schedules.conftest import MakeSchedule, allow

from foureyes.errors import Refusal
from foureyes.models import Job, ScheduledJob
from foureyes.schedules.allowed import Action, refusal_of
from foureyes.schedules.clone import clone
from foureyes.schedules.control import cancel, delete, pause, resume, run_now, skip_next, take_over
from foureyes.schedules.edit import edit
from foureyes.users.models import User

Noon = Callable[..., datetime]
OPERATIONS: dict[Action, Callable[..., object]] = {
    Action.EDIT: lambda **given: edit(changes={"description": "x"}, **given),
    Action.CLONE: clone,
    Action.PAUSE: pause,
    Action.RESUME: resume,
    Action.SKIP_NEXT: skip_next,
    Action.CANCEL: cancel,
    Action.DELETE: delete,
    Action.TAKE_OVER: take_over,
    Action.RUN_NOW: run_now,
}


def told(action: Action, schedule: ScheduledJob, by: User, at: datetime) -> str:
    row = ScheduledJob.objects.select_related("job_model", "user").get(pk=schedule.pk)
    refusal = refusal_of(action, schedule=row, by=by, now=at)
    return refusal.message if refusal else ""


def done(action: Action, schedule: ScheduledJob, by: User, at: datetime) -> str:
    try:
        OPERATIONS[action](schedule=schedule, by=by, now=at)
    except Refusal as refusal:
        return refusal.message
    return ""


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", ["active", "paused", "finished", "errored", "cancelled"])
def test_in_every_state(make_schedule: MakeSchedule, admin: User, noon: Noon, action: Action, state: str) -> None:
    schedule = make_schedule()
    upcoming = noon(5) if state in ("active", "paused") else None
    ScheduledJob.objects.filter(pk=schedule.pk).update(state=state, next_run_at=upcoming)
    assert told(action, schedule, admin, noon(1)) == done(action, schedule, admin, noon(1))


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("rights", [(), ("view",), ("view", "change")])
def test_for_whoever_lacks_a_right(
    make_schedule: MakeSchedule, dave: User, noon: Noon, action: Action, rights: tuple[str, ...]
) -> None:
    schedule = make_schedule()
    allow(dave, ScheduledJob, *rights)
    assert told(action, schedule, dave, noon(1)) == done(action, schedule, dave, noon(1))


@pytest.mark.parametrize("action", [Action.CLONE, Action.TAKE_OVER, Action.RUN_NOW])
def test_of_a_deleted_job(make_schedule: MakeSchedule, admin: User, noon: Noon, action: Action) -> None:
    schedule = make_schedule()
    Job.objects.all().delete()
    assert "was deleted" in told(action, schedule, admin, noon(1))


def test_of_an_instant_that_is_due(make_schedule: MakeSchedule, alice: User, noon: Any) -> None:
    assert "is due at this moment" in told(Action.SKIP_NEXT, make_schedule(), alice, noon(5))

"""What a change would lead to, before it is made; and that looking changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from foureyes.approvals.decide import approve
from foureyes.errors import Conflict, Invalid
from foureyes.models import ApprovalRequest, Event, Grant, Job, ScheduledJob
from foureyes.submission.foresee import foresee_edit, foresee_take_over
from foureyes.submission.submit import submit
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget

HOUR = timedelta(hours=1)


@pytest.fixture
def store(make_job: Callable[..., Job], allow: Any, alice: User, now: datetime) -> Callable[..., ScheduledJob]:
    """Alice stores a daily schedule of a job."""

    def make(**columns: Any) -> ScheduledJob:
        allow(alice, "view", "run")
        plan = {"interval": "daily", "name": "nightly", "start_time": now + HOUR}
        done = submit(job=make_job(**columns), by=alice, data={"site": "paris"}, files={}, schedule=plan, now=now)
        assert done.schedule is not None
        row = ObjectPermission.objects.create(name="schedules", actions=["view", "change"])
        row.object_types.add(ContentType.objects.get_for_model(ScheduledJob))
        row.users.add(alice)
        forget(alice)
        return done.schedule

    return make


@pytest.fixture
def unchanged() -> Any:
    """Nothing is stored by the test."""
    count = (ApprovalRequest.objects, Event.objects, Grant.objects.filter(voided_at=None))
    columns = ("state", "inputs", "user", "revision", "next_run_at", "approved_at")
    before: list[Any] = []

    def look() -> list[Any]:
        return [*ScheduledJob.objects.values_list(*columns), *(rows.all().count() for rows in count)]

    def check() -> None:
        before.append(look())
        if len(before) == 2:
            assert before[0] == before[1]

    return check


def test_edit_of_a_plain_job_needs_no_approval(store: Any, alice: User, now: datetime, unchanged: Any) -> None:
    schedule = store()
    unchanged()
    found = foresee_edit(schedule=schedule, changes={"start_time": now + 2 * HOUR}, by=alice, now=now)
    assert (found.approval, found.differs, found.next_run_at) == ("not_needed", ("schedule",), now + 2 * HOUR)
    unchanged()


def test_edit_of_what_waits_asks_again(store: Any, alice: User, now: datetime, unchanged: Any) -> None:
    schedule = store(gated=True)
    unchanged()
    found = foresee_edit(schedule=schedule, changes={"inputs": {"site": "rome"}}, by=alice, now=now)
    assert (found.approval, found.differs, found.state) == ("asked_again", ("inputs",), "pending")
    unchanged()


@pytest.mark.parametrize(
    ("changes", "approval", "state"),
    [({"description": "x"}, "holds", "active"), ({"commit": False}, "needed", "pending")],
)
def test_edit_of_what_was_approved(
    store: Any, alice: User, admin: User, now: datetime, unchanged: Any, changes: Any, approval: str, state: str
) -> None:
    schedule = store(gated=True)
    approve(request=ApprovalRequest.objects.get(), by=admin, now=now)
    unchanged()
    found = foresee_edit(schedule=schedule, changes=changes, by=alice, now=now)
    assert (found.approval, found.state) == (approval, state)
    unchanged()


def test_what_an_edit_refuses_is_refused(store: Any, alice: User, now: datetime) -> None:
    with pytest.raises(Invalid):
        foresee_edit(schedule=store(), changes={"crontab": "x", "interval": "custom"}, by=alice, now=now)


def test_take_over_tells_who_asks_and_that_it_needs_an_approval(
    store: Any, alice: User, admin: User, now: datetime, unchanged: Any
) -> None:
    schedule = store(gated=True)
    approve(request=ApprovalRequest.objects.get(), by=admin, now=now)
    with pytest.raises(Conflict):
        foresee_take_over(schedule=schedule, by=admin, now=now)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    unchanged()
    found = foresee_take_over(schedule=schedule, by=admin, now=now)
    assert (found.requester, found.approval, found.differs) == ("admin", "needed", ("run_as",))
    unchanged()

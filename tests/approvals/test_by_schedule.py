"""The decisions as the 1.x paths make them: by schedule, also where nothing is open."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.approvals.by_schedule import approve_schedule, deny_schedule
from foureyes.approvals.decide import approve
from foureyes.approvals.origin import Origin
from foureyes.approvals.revoke import revoke_request
from foureyes.errors import Conflict, Invalid, NotAllowed
from foureyes.models import ApprovalRequest, Grant, Job, JobResult, RequestParty, ScheduledJob, Worker
from foureyes.runs.claim import claim
from foureyes.runs.workers import register
from foureyes.schedules.fire import fire_due
from foureyes.submission.submit import submit
from foureyes.users.models import User

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def the_schedule() -> ScheduledJob:
    return ScheduledJob.objects.get()


def test_approval_without_a_reason(daily: Any, bob: User, now: datetime) -> None:
    shown = approve_schedule(schedule=the_schedule(), by=bob, now=now)
    assert (shown.approved_by_user, shown.approved_at, shown.state) == (bob, now, "active")


def test_second_approval_changes_nothing(daily: Any, bob: User, carol: User, now: datetime) -> None:
    approve_schedule(schedule=the_schedule(), by=bob, now=now)
    shown = approve_schedule(schedule=the_schedule(), by=carol, now=now + HOUR)
    assert (shown.approved_by_user, shown.approved_at) == (bob, now)
    assert (RequestParty.objects.filter(part="decider").count(), Grant.objects.count()) == (1, 1)


def test_second_approval_needs_the_rights_and_is_not_for_the_requester(
    daily: Any, allow: Any, alice: User, bob: User, dave: User, now: datetime
) -> None:
    approve_schedule(schedule=the_schedule(), by=bob, now=now)
    allow(alice, Job, "approve")
    for person, code in ((alice, "own_request"), (dave, "may_not_change")):
        with pytest.raises(NotAllowed) as refusal:
            approve_schedule(schedule=the_schedule(), by=person, now=now)
        assert refusal.value.code == code


def test_schedule_that_needs_no_approval_gets_no_stamp(
    team: None, make_job: Any, alice: User, bob: User, now: datetime
) -> None:
    """G15."""
    job = make_job(approval_required=False, gated=False)
    plan = {"interval": "daily", "name": "n", "start_time": now + HOUR}
    submit(job=job, by=alice, data={"site": "x"}, files={}, schedule=plan, now=now)
    shown = approve_schedule(schedule=the_schedule(), by=bob, now=now)
    assert (shown.approved_by_user, the_schedule().approved_at) == (None, None)
    deny_schedule(schedule=the_schedule(), by=bob, now=now)
    assert the_schedule().state == "cancelled"


def test_denied_live_schedule_is_revoked(daily: Any, bob: User, carol: User, now: datetime) -> None:
    approve_schedule(schedule=the_schedule(), by=bob, now=now)
    assert fire_due(now=now + HOUR).fired == 1
    deny_schedule(schedule=the_schedule(), by=carol, reason="enough", now=now + 2 * HOUR)
    assert (the_schedule().state, the_schedule().state_reason) == ("cancelled", "revoked by carol: enough")
    assert Grant.objects.get().voided_at == now + 2 * HOUR
    assert fire_due(now=now + timedelta(days=3)).fired == 0
    assert ApprovalRequest.objects.get().state == "granted"
    assert JobResult.objects.count() == 1


def test_who_approved_may_revoke(daily: Any, bob: User, now: datetime) -> None:
    approve_schedule(schedule=the_schedule(), by=bob, now=now)
    deny_schedule(schedule=the_schedule(), by=bob, now=now)
    assert the_schedule().state == "cancelled"


def test_denial_of_the_own_request_withdraws_it(ask: Any, bob: User, now: datetime) -> None:
    request = ask(by=bob)
    deny_schedule(schedule=the_schedule(), by=bob, now=now)
    request.refresh_from_db()
    assert (request.state, the_schedule().state) == ("withdrawn", "withdrawn")


@pytest.mark.parametrize("granted", [True, False])
def test_denial_needs_both_rights(
    daily: Any, allow: Any, alice: User, bob: User, dave: User, now: datetime, granted: bool
) -> None:
    if granted:
        approve_schedule(schedule=the_schedule(), by=bob, now=now)
    allow(dave, ScheduledJob, "delete")
    for person, code in ((alice, "may_not_delete"), (dave, "may_not_approve")):
        with pytest.raises(NotAllowed) as refusal:
            deny_schedule(schedule=the_schedule(), by=person, now=now)
        assert refusal.value.code == code


def test_approval_is_taken_back_by_its_request(daily: Any, bob: User, carol: User, now: datetime) -> None:
    with pytest.raises(Conflict):
        revoke_request(request=daily, by=carol, reason="no", now=now)
    approve(request=daily, by=bob, now=now)
    with pytest.raises(Invalid):
        revoke_request(request=daily, by=carol, reason=" ", now=now)
    revoke_request(request=daily, by=carol, reason="no", now=now)
    assert (the_schedule().state, the_schedule().state_reason) == ("cancelled", "revoked by carol: no")
    assert Grant.objects.get().voided_at == now
    with pytest.raises(Conflict) as refused:
        revoke_request(request=daily, by=carol, reason="no", now=now)
    assert refused.value.code == "nothing_to_revoke"


def test_approval_is_taken_back_by_who_could_deny(daily: Any, alice: User, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    with pytest.raises(NotAllowed):
        revoke_request(request=daily, by=alice, reason="no", now=now)
    with pytest.raises(NotAllowed):
        revoke_request(request=daily, by=bob, reason="no", origin=Origin(may_decide=False), now=now)


def test_token_that_may_not_decide_does_not(daily: Any, bob: User, now: datetime) -> None:
    origin = Origin(may_decide=False)
    for act in (approve_schedule, deny_schedule):
        with pytest.raises(NotAllowed) as refusal:
            act(schedule=the_schedule(), by=bob, origin=origin, now=now)
        assert refusal.value.code == "token_may_not_decide"


def test_what_waits_in_a_queue_does_not_start_after_its_approval_was_taken_back(
    daily: Any, bob: User, now: datetime
) -> None:
    approve(request=daily, by=bob, now=now)
    assert fire_due(now=now + HOUR).fired == 1
    assert fire_due(now=now + HOUR + DAY).fired == 1
    worker = register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=1, now=now)
    running = claim(worker=worker, queues=["default"], limit=1, now=now + HOUR + DAY)
    revoke_request(request=daily, by=bob, reason="no", now=now + HOUR + DAY)
    assert claim(worker=worker, queues=["default"], limit=9, now=now + HOUR + DAY) == []
    told = {run.pk: (run.status, run.cause, run.cancelled_by_name) for run in JobResult.objects.all()}
    assert told.pop(running[0].pk) == ("running", "", "")
    assert list(told.values()) == [("errored", "cancelled", "bob")]


def test_approval_of_a_run_now_is_taken_back_while_it_waits(ask: Any, bob: User, alice: User, now: datetime) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    assert JobResult.objects.get().status == "pending"
    revoke_request(request=request, by=bob, reason="no", now=now)
    assert (JobResult.objects.get().status, the_schedule().state) == ("errored", "finished")
    with pytest.raises(Conflict) as refused:
        revoke_request(request=request, by=bob, reason="no", now=now)
    assert refused.value.code == "nothing_to_revoke"

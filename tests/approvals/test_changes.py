"""Any change of what runs voids the grant: by edit, by source, by setting, by object; held, asked anew, released."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.steps import close_orphaned, expire, open_gate_requests, reopen_held
from foureyes.catalog.edit import edit_job
from foureyes.errors import Conflict, NotAllowed
from foureyes.models import ApprovalRequest, Event, Grant, Job, JobResult, Occurrence, RequestParty, ScheduledJob
from foureyes.runs.enqueue import enqueue
from foureyes.schedules import control
from foureyes.schedules.edit import edit
from foureyes.schedules.fire import fire_due
from foureyes.submission.edit import clone_schedule, edit_schedule, run_schedule_now
from foureyes.submission.submit import submit
from foureyes.users.models import User

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def carrier(request: ApprovalRequest) -> ScheduledJob:
    return ScheduledJob.objects.get(pk=request.scheduled_job_id)


def the_open() -> ApprovalRequest:
    return ApprovalRequest.objects.get(state="open")


@pytest.fixture
def granted(daily: ApprovalRequest, bob: User, now: datetime) -> ApprovalRequest:
    approve(request=daily, by=bob, now=now)
    return daily


@pytest.mark.parametrize(
    "changes",
    [{"inputs": {"site": "rome"}}, {"commit": False}, {"max_runs": 5}, {"interval": "weekly"}, {"misfire": "all"}],
)
def test_edit_of_content_supersedes_the_open_request(daily: Any, alice: User, now: datetime, changes: Any) -> None:
    changed = edit_schedule(schedule=carrier(daily), changes=changes, by=alice, now=now)
    daily.refresh_from_db()
    assert (daily.state, the_open()) == ("superseded", changed.request)
    assert changed.request is not None
    assert changed.request.digest != daily.digest
    assert changed.request.reason == daily.reason


def test_superseded_request_is_not_approved(daily: Any, alice: User, bob: User, now: datetime) -> None:
    edit_schedule(schedule=carrier(daily), changes={"commit": False}, by=alice, now=now)
    with pytest.raises(Conflict) as refusal:
        approve(request=daily, by=bob, now=now)
    assert refusal.value.code == "already_decided"


def test_edit_of_content_voids_the_grant_and_asks_anew(granted: Any, alice: User, bob: User, now: datetime) -> None:
    changed = edit_schedule(schedule=carrier(granted), changes={"inputs": {"site": "rome"}}, by=alice, now=now)
    assert (changed.schedule.state, changed.schedule.approved_at) == ("pending", None)
    assert Grant.objects.get().void_reason == "changed by alice"
    assert fire_due(now=now + 2 * HOUR).fired == 0
    assert changed.request is not None
    approve(request=changed.request, by=bob, now=now + 2 * HOUR)
    assert fire_due(now=now + 2 * HOUR).fired == 1
    run = JobResult.objects.get()
    assert run.job_kwargs is not None
    assert run.job_kwargs["data"] == {"site": "rome"}


@pytest.mark.parametrize("changes", [{"name": "other"}, {"description": "other"}, {"commit": True}])
def test_edit_of_nothing_that_counts_voids_nothing(granted: Any, alice: User, now: datetime, changes: Any) -> None:
    edit_schedule(schedule=carrier(granted), changes=changes, by=alice, now=now)
    assert carrier(granted).state == "active"
    assert Grant.objects.get().voided_at is None
    assert fire_due(now=now + HOUR).fired == 1


def test_pause_and_skip_void_nothing(granted: Any, alice: User, now: datetime) -> None:
    control.pause(schedule=carrier(granted), by=alice, now=now)
    control.resume(schedule=carrier(granted), by=alice, now=now)
    control.skip_next(schedule=carrier(granted), by=alice, now=now)
    assert fire_due(now=now + HOUR).fired == 0
    assert fire_due(now=now + HOUR + DAY).fired == 1


def test_edit_around_the_submission_is_held_at_the_next_instant(granted: Any, bob: User, now: datetime) -> None:
    """Whoever writes the row by another way than `submission` meets the gate: the digest is another one."""
    edit(schedule=carrier(granted), changes={"inputs": {"site": "rome"}}, by=bob, now=now)
    assert fire_due(now=now + HOUR).refused == 1
    held = Occurrence.objects.get()
    assert (held.fate, held.reason) == ("held", "Changed since the approval: the inputs.")
    assert (carrier(granted).state, carrier(granted).approved_at) == ("pending", None)
    assert Grant.objects.get().voided_at == now + HOUR
    assert reopen_held(now=now + HOUR) == 1
    assert RequestParty.objects.filter(request=the_open(), person_id=bob.pk, part="contributor").exists()


def test_changed_source_is_held_with_its_reason_and_asked_for_anew(
    granted: Any, change_source: Any, alice: User, bob: User, now: datetime
) -> None:
    change_source()
    assert fire_due(now=now + HOUR).refused == 1
    assert Occurrence.objects.get().reason == "Changed since the approval: the job's source."
    assert Event.objects.filter(kind="schedule.held").exists()
    assert not JobResult.objects.exists()
    assert reopen_held(now=now + HOUR) == 1
    assert reopen_held(now=now + HOUR) == 0
    request = the_open()
    assert request.bundle_id == Job.objects.get().bundle_id != granted.bundle_id
    assert [party.person_id for party in request.parties.all()] == [alice.pk]
    approve(request=request, by=bob, now=now + HOUR + timedelta(minutes=5))
    assert (JobResult.objects.count(), Occurrence.objects.get().fate) == (1, "fired")
    assert carrier(granted).state == "active"
    assert fire_due(now=now + HOUR + DAY).fired == 1


def test_changed_source_is_asked_for_before_the_next_instant(
    granted: Any, change_source: Any, bob: User, now: datetime
) -> None:
    change_source()
    assert reopen_held(now=now) == 1
    assert carrier(granted).state == "active"
    approve(request=the_open(), by=bob, now=now)
    assert fire_due(now=now + HOUR).fired == 1
    assert JobResult.objects.get().bundle_id == Job.objects.get().bundle_id
    assert Grant.objects.exclude(voided_at=None).get().void_reason == "replaced by request 2"


def test_source_that_came_back_needs_no_new_approval(
    granted: Any, change_source: Any, alice: User, now: datetime
) -> None:
    change_source(b"new = 2\n")
    change_source(b"old = 1\n")
    assert reopen_held(now=now) == 0
    assert fire_due(now=now + HOUR).fired == 1


def test_open_request_with_old_source_is_replaced(daily: Any, change_source: Any, bob: User, now: datetime) -> None:
    change_source()
    assert reopen_held(now=now) == 1
    daily.refresh_from_db()
    assert (daily.state, the_open().bundle_id) == ("superseded", Job.objects.get().bundle_id)
    approve(request=the_open(), by=bob, now=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"time_limit": 7.0, "time_limit_override": True},
        {"soft_time_limit": 7.0, "soft_time_limit_override": True},
        {"task_queues": ["other"], "task_queues_override": True},
        {"read_only": True, "read_only_override": True},
    ],
)
@pytest.mark.parametrize("granted_before", [False, True])
def test_who_changes_a_setting_of_the_job_does_not_approve_what_comes_of_it(
    daily: Any, bob: User, carol: User, admin: User, now: datetime, changes: Any, granted_before: bool
) -> None:
    """G10: the approver who makes it another request has shaped it, and the requester never asked for that."""
    if granted_before:
        approve(request=daily, by=bob, now=now)
    edit_job(job=Job.objects.get(), changes=changes, by=admin, now=now + MINUTE)
    assert fire_due(now=now + HOUR).fired == 0
    assert reopen_held(now=now + HOUR) == 1
    with pytest.raises(NotAllowed) as refusal:
        approve(request=the_open(), by=admin, now=now + HOUR)
    assert refusal.value.code == "own_request"
    approve(request=the_open(), by=carol, now=now + HOUR)


def test_who_changed_the_job_before_it_was_asked_for_may_approve(
    ask: Any, purge: Job, admin: User, now: datetime
) -> None:
    edit_job(job=purge, changes={"time_limit": 7.0, "time_limit_override": True}, by=admin, now=now - MINUTE)
    request = ask()
    edit_job(job=purge, changes={"description": "d", "description_override": True}, by=admin, now=now + MINUTE)
    approve(request=request, by=admin, now=now + MINUTE)


@pytest.mark.parametrize("columns", [{"priority": 9}, {"max_retries": 2}, {"time_limit": 5.0}, {"read_only": True}])
def test_setting_of_the_job_holds_too(granted: Any, now: datetime, columns: Any) -> None:
    Job.objects.update(**columns)
    assert fire_due(now=now + HOUR).fired == 0
    assert Occurrence.objects.get().fate == "held"


def test_job_that_becomes_gated_holds_its_schedules_and_asks(
    purge: Job, team: None, alice: User, bob: User, now: datetime, ungated: Any
) -> None:
    """G15: a stamp of an approval without a request is none."""
    schedule = ungated
    ScheduledJob.objects.update(approved_by_user=bob, approved_at=now)
    Job.objects.update(approval_required=True, gated=True)
    assert reopen_held(now=now) == 1
    assert fire_due(now=now + HOUR).refused == 1
    schedule.refresh_from_db()
    assert (schedule.state, schedule.approval_required) == ("pending", True)
    approve(request=the_open(), by=bob, now=now + HOUR)
    assert JobResult.objects.count() == 1


@pytest.fixture
def ungated(make_job: Any, team: None, alice: User, now: datetime) -> ScheduledJob:
    job = make_job("Plain", approval_required=False, gated=False)
    plan = {"interval": "daily", "name": "plain", "start_time": now + HOUR}
    done = submit(job=job, by=alice, data={"site": "paris"}, files={}, schedule=plan, now=now)
    assert done.schedule is not None
    return done.schedule


def test_held_instants_of_a_schedule_run_by_its_own_policy(
    daily: Any, alice: User, bob: User, change_source: Any, now: datetime
) -> None:
    request = edit_schedule(schedule=carrier(daily), changes={"misfire": "skip"}, by=alice, now=now).request
    approve(request=request, by=bob, now=now)
    change_source()
    fire_due(now=now + HOUR)
    reopen_held(now=now + HOUR)
    approve(request=the_open(), by=bob, now=now + 2 * HOUR)
    missed = Occurrence.objects.get()
    assert (missed.fate, missed.reason) == ("missed", "It waited for an approval for more than a minute.")
    assert not JobResult.objects.exists()


def test_only_the_latest_of_held_and_later_instants_runs(
    granted: Any, bob: User, change_source: Any, now: datetime
) -> None:
    change_source()
    fire_due(now=now + HOUR)
    reopen_held(now=now + HOUR)
    late = now + HOUR + 2 * DAY
    approve(request=the_open(), by=bob, now=late)
    fire_due(now=late)
    fates = list(Occurrence.objects.order_by("planned_at").values_list("fate", flat=True))
    assert fates == ["missed", "skipped", "fired"]
    assert JobResult.objects.count() == 1


def test_held_single_instant_runs_by_force_once(future: Any, bob: User, change_source: Any, now: datetime) -> None:
    approve(request=future, by=bob, now=now)
    change_source()
    assert fire_due(now=now + HOUR).refused == 1
    reopen_held(now=now + HOUR)
    approve(request=the_open(), by=bob, force=True, now=now + 2 * HOUR)
    assert (JobResult.objects.count(), Occurrence.objects.get().fate) == (1, "fired")
    assert carrier(future).state == "finished"


def test_denied_held_instant_never_runs(granted: Any, bob: User, change_source: Any, now: datetime) -> None:
    change_source()
    fire_due(now=now + HOUR)
    reopen_held(now=now + HOUR)
    deny(request=the_open(), by=bob, reason="no", now=now + HOUR)
    assert Occurrence.objects.get().fate == "missed"
    assert carrier(granted).state == "denied"
    assert reopen_held(now=now + HOUR) == 0


def test_clone_and_run_now_are_requests_of_their_own(granted: Any, alice: User, bob: User, now: datetime) -> None:
    """G17."""
    cloned = clone_schedule(schedule=carrier(granted), by=alice, now=now)
    assert (cloned.schedule.state, cloned.request and cloned.request.state) == ("pending", "open")
    asked = run_schedule_now(schedule=carrier(granted), by=alice, now=now)
    assert (asked.job_result, asked.request and asked.request.kind) == (None, "run")
    assert not JobResult.objects.exists()


def test_grant_of_one_schedule_does_not_carry_another(granted: Any, ask: Any, alice: User, now: datetime) -> None:
    other = carrier(ask(interval="daily", start_time=now + HOUR))
    with pytest.raises(Conflict) as refusal:
        enqueue(
            job=Job.objects.get(),
            user=alice,
            values=other.inputs,
            commit=True,
            grant=Grant.objects.get(),
            schedule=other,
            now=now,
        )
    assert refusal.value.code == "grant_other_content"


@pytest.mark.parametrize(
    "other", [{"values": {"site": "rome"}}, {"commit": False}, {"user": None}, {"queue": "slow"}, {"schedule": None}]
)
def test_gate_compares_what_is_enqueued(granted: Any, alice: User, now: datetime, other: Any) -> None:
    schedule = carrier(granted)
    asked = {"user": alice, "values": schedule.inputs, "commit": True, "queue": None, "schedule": schedule, **other}
    with pytest.raises(Conflict) as refusal:
        enqueue(job=Job.objects.get(), grant=Grant.objects.get(), now=now, **asked)
    assert refusal.value.code == "grant_other_content"


def test_cancelled_schedule_takes_its_request_along(daily: Any, alice: User, bob: User, now: datetime) -> None:
    control.cancel(schedule=carrier(daily), by=alice, now=now)
    with pytest.raises(Conflict) as refusal:
        approve(request=daily, by=bob, now=now)
    assert refusal.value.code == "schedule_over"
    assert close_orphaned(now=now) == 1
    daily.refresh_from_db()
    assert daily.state == "withdrawn"


def test_request_of_a_deleted_job_is_closed(daily: Any, purge: Job, now: datetime) -> None:
    purge.delete()
    assert close_orphaned(now=now) == 1
    assert close_orphaned(now=now) == 0
    assert ApprovalRequest.objects.get().state == "withdrawn"


def test_undecided_request_expires_and_never_runs(daily: Any, bob: User, now: datetime) -> None:
    ApprovalRequest.objects.update(expires_at=now + HOUR)
    assert expire(now=now) == 0
    assert expire(now=now + HOUR) == 1
    daily.refresh_from_db()
    assert (daily.state, carrier(daily).state) == ("expired", "expired")
    with pytest.raises(Conflict, match="expired at"):
        approve(request=daily, by=bob, now=now + HOUR)


def test_withdrawn_one_is_not_asked_for_again(daily: Any, alice: User, now: datetime) -> None:
    withdraw(request=daily, by=alice, now=now)
    assert reopen_held(now=now) == 0
    assert open_gate_requests(now=now) == 0

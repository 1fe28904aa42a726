"""What a restore makes void (G26), and what it leaves alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from foureyes.approvals.decide import approve
from foureyes.approvals.opening import ask_to_open
from foureyes.approvals.steps import reopen_held
from foureyes.backups.restored import after_restore, demand_nobody_works
from foureyes.errors import Conflict
from foureyes.models import ApprovalRequest, Event, Grant, Job, JobLogEntry, JobResult, Occurrence, ScheduledJob, Worker
from foureyes.runs.workers import register
from foureyes.schedules.fire import fire_due
from foureyes.submission.submit import submit
from foureyes.users.models import User

Ask = Callable[..., ApprovalRequest]
HOUR = timedelta(hours=1)


@pytest.fixture
def later(now: datetime) -> datetime:
    """When the backup is restored."""
    return now + timedelta(hours=30)


def carrier(request: ApprovalRequest) -> ScheduledJob:
    return ScheduledJob.objects.get(pk=request.scheduled_job_id)


def test_an_unused_approval_is_void_and_asked_for_again(
    future: ApprovalRequest, daily_of: Ask, bob: User, now: datetime, later: datetime
) -> None:
    series = daily_of()
    for request in (future, series):
        approve(request=request, by=bob, now=now)

    restored = after_restore(made_at=now, now=now + timedelta(minutes=1))

    assert [(one.request, one.what) for one in restored.voided] == [(future.number, "purge"), (series.number, "purge")]
    for request in (future, series):
        grant, schedule = Grant.objects.get(request=request), carrier(request)
        assert grant.voided_at is not None
        assert "restored from a backup of 2026-11-23 12:00 UTC" in grant.void_reason
        assert (schedule.state, schedule.approved_at, schedule.approved_by_user) == ("pending", None, None)
    assert Event.objects.filter(kind="grant.voided").count() == 2
    event = Event.objects.get(kind="installation.restored")
    assert event.data["voided_requests"] == [future.number, series.number]

    fire_due(now=later)
    assert not JobResult.objects.exists()
    assert reopen_held(now=later) == 2
    assert ApprovalRequest.objects.filter(state="open").count() == 2


@pytest.fixture
def daily_of(ask: Ask, now: datetime) -> Ask:
    return lambda: ask(site="rome", interval="daily", start_time=now + HOUR)


def test_a_used_approval_and_an_open_request_stay_as_they_are(
    ask: Ask, daily: ApprovalRequest, bob: User, now: datetime, later: datetime
) -> None:
    at_once = ask(site="oslo")
    run = approve(request=at_once, by=bob, now=now).job_result
    assert run is not None
    JobResult.objects.filter(pk=run.pk).update(status="completed", completed=now)
    before = Grant.objects.values().get(request=at_once)

    assert after_restore(made_at=None, now=later).voided == []

    assert Grant.objects.values().get(request=at_once) == before
    assert carrier(at_once).state == "finished"
    daily.refresh_from_db()
    assert daily.state == "open"


def test_an_approval_of_what_needs_none_any_more_is_void_and_the_schedule_goes_on(
    daily: ApprovalRequest, purge: Job, bob: User, now: datetime, later: datetime
) -> None:
    approve(request=daily, by=bob, now=now)
    opening = ask_to_open_and_grant(purge, bob, now)

    after_restore(made_at=now, now=now + timedelta(minutes=1))

    assert Grant.objects.get(request=daily).voided_at is not None
    assert Grant.objects.get(request=opening).uses_left == 0
    assert carrier(daily).state == "active"


def ask_to_open_and_grant(job: Job, by: User, now: datetime) -> ApprovalRequest:
    Job.objects.filter(pk=job.pk).update(approval_required=False)
    job.refresh_from_db()
    request = ask_to_open(job=job, now=now)
    assert request is not None
    approve(request=request, by=by, now=now)
    return request


def test_a_run_that_had_not_ended_ends_and_gets_no_other_attempt(
    make_job: Any, team: None, alice: User, now: datetime, later: datetime
) -> None:
    job = make_job("Free", approval_required=False, gated=False, max_retries=3)
    worker = register(kind=Worker.Kind.WORKER, name="here:1", queues=["default"], slots=1, now=now)
    waiting, running = [
        submit(job=job, by=alice, data={"site": "paris"}, files={}, now=now).job_result for _ in range(2)
    ]
    JobResult.objects.filter(pk=running.pk).update(
        status="running", worker=worker, lease_until=now + HOUR, started_at=now, attempt=1
    )

    assert after_restore(made_at=now, now=later).ended_runs == 2

    for run in (waiting, running):
        run.refresh_from_db()
        assert (run.status, run.cause, run.completed, run.lease_until) == ("errored", "cancelled", later, None)
        assert "may have run since" in JobLogEntry.objects.get(job_result=run).message
    worker.refresh_from_db()
    assert worker.state == "stopped"


def test_instants_that_have_passed_are_skipped_with_the_reason(
    make_job: Any, team: None, alice: User, now: datetime, later: datetime
) -> None:
    job = make_job("Free", approval_required=False, gated=False)
    plans = {
        "daily": {"interval": "daily", "start_time": now + HOUR},
        "once": {"interval": "future", "start_time": now + HOUR},
        "far": {"interval": "future", "start_time": now + timedelta(days=9)},
    }
    for name, plan in plans.items():
        submit(job=job, by=alice, data={"site": "paris"}, files={}, schedule={"name": name, **plan}, now=now)

    assert after_restore(made_at=now, now=later).skipped == 2

    fire_due(now=later)
    assert not JobResult.objects.exists()
    lines = Occurrence.objects.order_by("planned_at").values_list("scheduled_job__name", "fate")
    assert sorted(lines) == [("daily", "skipped"), ("daily", "skipped"), ("once", "skipped")]
    states = dict(ScheduledJob.objects.values_list("name", "state"))
    assert states == {"daily": "active", "once": "finished", "far": "active"}
    assert ScheduledJob.objects.get(name="daily").next_run_at == now + HOUR + timedelta(days=2)


def test_everybody_is_signed_out_and_doing_it_again_does_no_harm(
    future: ApprovalRequest, bob: User, now: datetime
) -> None:
    approve(request=future, by=bob, now=now)
    Session.objects.create(session_key="k", session_data="", expire_date=now + HOUR)
    after_restore(made_at=now, now=now)
    assert not Session.objects.exists()
    again = after_restore(made_at=now, now=now)
    assert (again.voided, again.ended_runs, again.skipped) == ([], 0, 0)


def test_it_is_refused_while_a_process_works_on_the_rows(db: None, now: datetime) -> None:
    register(kind=Worker.Kind.SCHEDULER, name="elsewhere:7", now=now)
    with pytest.raises(Conflict, match=r"A scheduler works on this database \(elsewhere:7\)"):
        demand_nobody_works(now)
    demand_nobody_works(now + timedelta(minutes=10))

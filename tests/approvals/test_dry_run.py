"""Trying what is asked for."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.approvals.decide import approve
from foureyes.approvals.dry_run import dry_run_request, dry_run_schedule
from foureyes.approvals.queries import dry_runs_of
from foureyes.errors import Conflict, NotAllowed
from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob
from foureyes.users.models import User


def test_approver_tries_it_as_oneself_and_without_commit(ask: Any, bob: User, now: datetime) -> None:
    request = ask()
    run = dry_run_request(request=request, by=bob, now=now)
    assert (run.purpose, run.commit, run.user, run.schedule, run.grant) == ("dry_run", False, bob, None, None)
    assert run.job_kwargs is not None
    assert run.job_kwargs["data"] == {"site": "paris"}
    assert list(dry_runs_of(request)) == [run]


def test_requester_tries_only_source_that_was_approved(
    ask: Any, change_source: Any, alice: User, bob: User, now: datetime
) -> None:
    """G1: commit off is the author's promise."""
    first = ask()
    with pytest.raises(NotAllowed) as refusal:
        dry_run_request(request=first, by=alice, now=now)
    assert refusal.value.code == "source_not_approved"
    approve(request=first, by=bob, now=now)
    assert dry_run_request(request=ask(site="rome"), by=alice, now=now)
    change_source()
    with pytest.raises(NotAllowed):
        dry_run_request(request=ask(), by=alice, now=now)


def test_other_source_than_the_one_asked_for_is_not_tried(
    ask: Any, change_source: Any, bob: User, now: datetime
) -> None:
    request = ask()
    change_source()
    with pytest.raises(Conflict) as refusal:
        dry_run_request(request=request, by=bob, now=now)
    assert refusal.value.code == "request_outdated"


def test_right_to_run_is_needed(ask: Any, allow: Any, dave: User, now: datetime) -> None:
    allow(dave, Job, "approve")
    with pytest.raises(NotAllowed) as refusal:
        dry_run_request(request=ask(), by=dave, now=now)
    assert refusal.value.code == "may_not_run"


def test_decided_request_can_be_tried_and_nothing_is_used_up(daily: Any, bob: User, now: datetime) -> None:
    approve(request=daily, by=bob, now=now)
    dry_run_schedule(schedule=ScheduledJob.objects.get(), by=bob, now=now)
    assert list(dry_runs_of(ApprovalRequest.objects.get())) == list(JobResult.objects.all())


def test_disabled_job_is_not_tried(ask: Any, bob: User, now: datetime) -> None:
    request = ask()
    Job.objects.update(enabled=False)
    with pytest.raises(Conflict):
        dry_run_request(request=request, by=bob, now=now)

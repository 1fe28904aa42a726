"""Dry runs: at once, without commit, and no side door around the gate."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Conflict, NotAllowed
from foureyes.models import JobResult
from foureyes.submission.submit import dry_run
from foureyes.users.models import User

DATA = {"site": "paris"}


def test_dry_run_never_commits(make_job: Any, allow: Any, alice: User, now: datetime) -> None:
    allow(alice, "run")
    dry_run(job=make_job(), by=alice, data=DATA, files={}, now=now)
    run = JobResult.objects.get()
    assert (run.purpose, run.commit, run.user) == ("dry_run", False, alice)


def test_gated_job_is_dry_run_by_who_may_approve_it(make_job: Any, allow: Any, bob: User, now: datetime) -> None:
    allow(bob, "run", "approve")
    run = dry_run(job=make_job(gated=True), by=bob, data=DATA, files={}, now=now)
    assert (run.gated, run.commit) == (True, False)


def test_gated_job_is_not_dry_run_by_its_requester(make_job: Any, allow: Any, alice: User, now: datetime) -> None:
    allow(alice, "run")
    with pytest.raises(NotAllowed) as refused:
        dry_run(job=make_job(gated=True), by=alice, data=DATA, files={}, now=now)
    assert refused.value.code == "source_not_approved"


def test_right_to_approve_is_no_right_to_run(make_job: Any, allow: Any, bob: User, now: datetime) -> None:
    allow(bob, "approve")
    with pytest.raises(NotAllowed):
        dry_run(job=make_job(), by=bob, data=DATA, files={}, now=now)


def test_disabled_job_is_refused(make_job: Any, admin: User, now: datetime) -> None:
    with pytest.raises(Conflict):
        dry_run(job=make_job(enabled=False), by=admin, data=DATA, files={}, now=now)

"""What is sent twice under one key is done once; another key or another content is another wish."""

from datetime import timedelta
from typing import Any

import pytest

from foureyes.errors import Conflict, Invalid
from foureyes.models import ApprovalRequest, JobResult, ScheduledJob, Sending
from foureyes.submission.check import faults_of
from foureyes.submission.once import KEPT, Submitted, forget_sendings, once
from foureyes.submission.submit import dry_run, submit
from foureyes.users.models import User

pytestmark = pytest.mark.usefixtures("worker")
WANTED: dict[str, Any] = {"data": {"site": "paris"}, "files": {}}


def test_the_same_again_gives_what_came_of_it_first(make_job: Any, admin: User, now: Any) -> None:
    job = make_job()
    first = submit(job=job, by=admin, **WANTED, key="k", now=now)
    again = submit(job=job, by=admin, **WANTED, key="k", now=now + timedelta(minutes=1))
    assert (first.again, again.again) == (False, True)
    assert again.job_result == first.job_result
    assert JobResult.objects.count() == 1


def test_another_key_person_or_content_is_another_wish(
    make_job: Any, admin: User, allow: Any, alice: User, now: Any
) -> None:
    job = make_job()
    allow(alice, "run")
    for by, key, site in [(admin, "k", "paris"), (admin, "l", "paris"), (alice, "k", "paris"), (admin, "k", "rome")]:
        submit(job=job, by=by, data={"site": site}, files={}, key=key, now=now)
    submit(job=job, by=admin, **WANTED, now=now)
    submit(job=job, by=admin, **WANTED, now=now)
    assert JobResult.objects.count() == 6


def test_a_request_and_a_dry_run_are_made_once(make_job: Any, admin: User, now: Any) -> None:
    job = make_job(gated=True, approval_required=True)
    for _ in range(2):
        submit(job=job, by=admin, **WANTED, reason="It is time.", key="k", now=now)
        dry_run(job=job, by=admin, **WANTED, key="k", now=now)
    assert (ApprovalRequest.objects.count(), ScheduledJob.objects.count(), JobResult.objects.count()) == (1, 1, 1)


def test_what_was_refused_leaves_no_mark(make_job: Any, admin: User, now: Any) -> None:
    job = make_job(gated=True, approval_required=True)
    with pytest.raises(Invalid):
        submit(job=job, by=admin, **WANTED, reason="", key="k", now=now)
    assert not Sending.objects.exists()


def test_a_mark_whose_outcome_was_deleted_refuses(make_job: Any, admin: User, now: Any) -> None:
    job = make_job()
    submit(job=job, by=admin, **WANTED, key="k", now=now)
    JobResult.objects.all().delete()
    with pytest.raises(Conflict):
        submit(job=job, by=admin, **WANTED, key="k", now=now)


def test_who_comes_second_gets_what_the_first_did(make_job: Any, admin: User, now: Any) -> None:
    """The other one commits between our look and our mark."""
    run = submit(job=make_job(), by=admin, **WANTED, now=now).job_result
    assert run is not None

    def other_first() -> Submitted:
        raise AssertionError("the database lets nobody through")

    once(key="k", content=["x"], by=admin, act=lambda: Submitted(job_result=run), now=now)
    assert once(key="k", content=["x"], by=admin, act=other_first, now=now).job_result == run


def test_marks_are_forgotten(make_job: Any, admin: User, now: Any) -> None:
    submit(job=make_job(), by=admin, **WANTED, key="k", now=now)
    assert forget_sendings(now=now + KEPT) == 0
    assert forget_sendings(now=now + KEPT + timedelta(seconds=1)) == 1


def test_all_faults_are_found_at_once(make_job: Any, admin: User, now: Any) -> None:
    job = make_job(gated=True, approval_required=True)
    plan = {"interval": "custom", "name": "", "crontab": "99 * * * *"}
    found = faults_of(job=job, by=admin, data={}, files={}, queue="none", schedule=plan, reason=" ", now=now)
    assert set(found.inputs) == {"site"}
    assert set(found.settings) == {"task_queue", "name", "crontab", "reason"}
    assert found.others == []
    assert not ScheduledJob.objects.exists()

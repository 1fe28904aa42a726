"""Rules that must never break are held by the database, whatever code forgets."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from foureyes.models import ApprovalRequest, Grant, Job, JobResult, RequestParty, ScheduledJob, SourceBundle
from foureyes.users.models import User


@pytest.fixture
def bundle(db: None, now: datetime) -> SourceBundle:
    return SourceBundle.objects.create(digest="a" * 64, kind="folder", module_name="ops", created=now)


@pytest.fixture
def job(bundle: SourceBundle, now: datetime) -> Job:
    return Job.objects.create(
        source="local",
        module_name="ops",
        job_class_name="Purge",
        slug="local-ops-purge",
        grouping="Ops",
        name="Purge",
        bundle=bundle,
        created=now.date(),
        last_updated=now,
    )


@pytest.fixture
def make_run(job: Job, now: datetime) -> Callable[..., JobResult]:
    def make(**changes: Any) -> JobResult:
        values = {
            "job_model": job,
            "name": job.class_path,
            "created": now,
            "available_at": now,
            "queue": "default",
            "soft_limit_seconds": 300,
            "time_limit_seconds": 600,
        }
        return JobResult.objects.create(**values | changes)

    return make


@pytest.fixture
def request_of_alice(job: Job, bundle: SourceBundle, alice: User, now: datetime) -> ApprovalRequest:
    asked = ApprovalRequest.objects.create(
        number=1, kind="run", job=job, bundle=bundle, snapshot={}, digest="d" * 64, created=now
    )
    RequestParty.objects.create(
        request=asked, person_id=alice.id, person_name="alice", part="contributor", roles=["requester"], at=now
    )
    return asked


def refused(name: str, action: Callable[[], object]) -> None:
    """The database refuses the action by the constraint of that name (PostgreSQL) or on those columns (SQLite)."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        action()
    assert name in str(caught.value) or "UNIQUE constraint failed" in str(caught.value)


def test_a_gated_run_needs_a_grant(make_run: Callable[..., JobResult]) -> None:
    refused("run_gated_needs_grant", lambda: make_run(gated=True))


def test_a_gated_run_with_a_grant_is_stored(
    make_run: Callable[..., JobResult], job: Job, bundle: SourceBundle, bob: User, now: datetime
) -> None:
    schedule = ScheduledJob.objects.create(
        name="x",
        job_model=job,
        interval="immediately",
        start_time=now,
        decided_until=now,
        created=now,
        date_changed=now,
    )
    asked = ApprovalRequest.objects.create(
        number=1,
        kind="run",
        state="granted",
        job=job,
        scheduled_job=schedule,
        bundle=bundle,
        snapshot={},
        digest="d" * 64,
        created=now,
    )
    RequestParty.objects.create(
        request=asked, person_id=bob.id, person_name="bob", part="decider", verdict="approve", at=now
    )
    grant = Grant.objects.create(request=asked, scope="run", digest="d" * 64, granted_at=now)
    assert make_run(gated=True, grant=grant, schedule=schedule, bundle=bundle).grant == grant


def test_a_gated_dry_run_needs_no_grant(make_run: Callable[..., JobResult]) -> None:
    assert make_run(gated=True, purpose="dry_run", commit=False).gated


def test_a_dry_run_never_commits(make_run: Callable[..., JobResult]) -> None:
    refused("run_dry_run_never_commits", lambda: make_run(purpose="dry_run", commit=True))


def test_a_run_of_a_hook_names_its_cause(make_run: Callable[..., JobResult]) -> None:
    for cause in ({}, {"hook_id": uuid4()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_run(purpose="hook", **cause)


def test_a_hook_starts_one_run_for_a_change(make_run: Callable[..., JobResult]) -> None:
    cause = {"hook_id": uuid4(), "hook_event_id": uuid4()}
    make_run(**cause)
    refused("run_once_per_hook_and_event", lambda: make_run(**cause))


def test_two_runs_never_hold_one_concurrency_slot(make_run: Callable[..., JobResult]) -> None:
    make_run(concurrency_slot=0)
    refused("run_concurrency_limit", lambda: make_run(concurrency_slot=0))
    assert make_run(concurrency_slot=1)


def test_a_running_run_has_a_lease(make_run: Callable[..., JobResult], now: datetime) -> None:
    refused("run_running_has_lease", lambda: make_run(status="running"))
    assert make_run(status="running", lease_until=now + timedelta(seconds=30))


def test_an_ended_run_has_its_instant(make_run: Callable[..., JobResult]) -> None:
    refused("run_ended_has_instant", lambda: make_run(status="completed"))


def test_a_job_requiring_approval_is_gated(job: Job) -> None:
    refused("job_requiring_approval_is_gated", lambda: Job.objects.filter(pk=job.pk).update(approval_required=True))
    Job.objects.filter(pk=job.pk).update(approval_required=True, gated=True)


def test_nobody_who_contributed_decides(request_of_alice: ApprovalRequest, alice: User, now: datetime) -> None:
    refused(
        "decision_four_eyes",
        lambda: RequestParty.objects.create(
            request=request_of_alice,
            person_id=alice.id,
            person_name="alice",
            part="decider",
            verdict="approve",
            at=now,
        ),
    )


def test_a_contributor_carries_no_verdict(request_of_alice: ApprovalRequest, bob: User, now: datetime) -> None:
    refused(
        "request_party_verdict_of_deciders_only",
        lambda: RequestParty.objects.create(
            request=request_of_alice,
            person_id=bob.id,
            person_name="bob",
            part="contributor",
            verdict="approve",
            at=now,
        ),
    )


def test_a_sensitive_submission_is_never_scheduled(job: Job, now: datetime) -> None:
    refused(
        "scheduled_job_never_sensitive",
        lambda: ScheduledJob.objects.create(
            name="x",
            job_model=job,
            job_class=job.class_path,
            interval="daily",
            start_time=now,
            sensitive=True,
            decided_until=now,
            created=now,
            date_changed=now,
        ),
    )

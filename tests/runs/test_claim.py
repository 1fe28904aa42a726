"""Handing runs to workers."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foureyes.conf import get_conf
from foureyes.models import Event, JobResult, Worker
from foureyes.runs.claim import claim, renew
from foureyes.runs.workers import drain


def test_claimed_run_is_running_with_a_lease(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    asked = ask(make_job())
    later = now + timedelta(seconds=1)
    (run,) = claim(worker=worker, queues=["default"], limit=1, now=later)
    stored = JobResult.objects.get()
    assert run == asked
    assert (stored.status, stored.worker, stored.attempt, stored.started_at) == ("running", worker, 1, later)
    assert stored.lease_until == later + timedelta(seconds=get_conf().lease_seconds)
    assert Event.objects.get(kind="run.started").subject_id == str(run.pk)


def test_highest_priority_first_then_oldest(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    plain, urgent = make_job("Plain"), make_job("Urgent", priority=5)
    first, second, third = ask(plain), ask(plain), ask(urgent)
    claimed = claim(worker=worker, queues=["default"], limit=3, now=now)
    assert claimed == [third, first, second]


def test_no_more_than_asked_for(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    job = make_job()
    for _ in range(3):
        ask(job)
    assert len(claim(worker=worker, queues=["default"], limit=2, now=now)) == 2
    assert claim(worker=worker, queues=["default"], limit=0, now=now) == []


def test_runs_of_other_queues_are_left(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    run = ask(make_job(task_queues=["slow"]))
    assert claim(worker=worker, queues=["default"], limit=1, now=now) == []
    assert claim(worker=worker, queues=["default", "slow"], limit=1, now=now) == [run]


def test_retry_is_not_claimed_before_its_delay_is_over(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    run = ask(make_job(), available_at=now + timedelta(seconds=9))
    assert claim(worker=worker, queues=["default"], limit=1, now=now) == []
    assert claim(worker=worker, queues=["default"], limit=1, now=now + timedelta(seconds=9)) == [run]


def test_drained_worker_gets_nothing(make_job: Any, ask: Any, worker: Worker, admin: Any, now: datetime) -> None:
    ask(make_job())
    drain(workers=[worker], by=admin, now=now)
    assert claim(worker=worker, queues=["default"], limit=1, now=now) == []


@pytest.mark.parametrize("limit", [1, 2])
def test_concurrency_limit_of_a_job_holds(make_job: Any, ask: Any, worker: Worker, now: datetime, limit: int) -> None:
    job = make_job(concurrency_limit=limit)
    runs = [ask(job) for _ in range(4)]
    assert claim(worker=worker, queues=["default"], limit=4, now=now) == runs[:limit]
    assert claim(worker=worker, queues=["default"], limit=4, now=now) == []


def test_runs_behind_those_of_a_job_at_its_limit_are_claimed(
    make_job: Any, ask: Any, worker: Worker, now: datetime
) -> None:
    limited, free = make_job("Limited", concurrency_limit=1), make_job("Free")
    first, *_ = [ask(limited) for _ in range(5)]
    behind = ask(free)
    assert claim(worker=worker, queues=["default"], limit=2, now=now) == [first, behind]


def test_run_of_a_deleted_job_is_claimed_all_the_same(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    limited = make_job("Limited", concurrency_limit=1)
    ask(limited), ask(limited)
    orphan = ask(make_job("Gone"))
    JobResult.objects.filter(pk=orphan.pk).update(job_model=None)
    assert orphan in claim(worker=worker, queues=["default"], limit=3, now=now)


def test_idle_question_is_one_query(worker: Worker, now: datetime) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        claim(worker=worker, queues=["default", "slow"], limit=2, now=now)
    assert len(queries) == 1


def test_renewal_prolongs_what_the_worker_holds(make_job: Any, start: Any, worker: Worker, now: datetime) -> None:
    run = start(make_job())
    later = now + timedelta(seconds=20)
    assert renew(worker=worker, runs=[run], now=later) == {run.pk}
    run.refresh_from_db()
    assert run.lease_until == later + timedelta(seconds=get_conf().lease_seconds)


def test_renewal_tells_which_runs_were_taken(make_job: Any, start: Any, worker: Worker, now: datetime) -> None:
    job = make_job()
    reaped, repeated, kept = start(job), start(job), start(job)
    JobResult.objects.filter(pk=reaped.pk).update(status="pending", worker=None)
    JobResult.objects.filter(pk=repeated.pk).update(attempt=2)
    assert renew(worker=worker, runs=[reaped, repeated, kept], now=now) == {kept.pk}

"""Runs whose worker fell silent."""

from datetime import datetime, timedelta
from typing import Any

from foureyes.conf import get_conf
from foureyes.models import JobLogEntry
from foureyes.runs.claim import renew
from foureyes.runs.reap import reap


def after_lease(now: datetime) -> datetime:
    return now + timedelta(seconds=get_conf().lease_seconds + 1)


def test_lost_run_is_errored_and_says_why(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    assert reap(now=after_lease(now)) == 1
    run.refresh_from_db()
    assert (run.status, run.cause, run.data) == ("errored", "worker_lost", {"output": ""})
    line = JobLogEntry.objects.get()
    assert (line.log_level, line.grouping) == ("failure", "initialization")
    assert line.message.startswith("Worker lost: host:1 ")


def test_lost_run_is_tried_again_where_the_job_asks_for_it(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(max_retries=1))
    reap(now=after_lease(now))
    run.refresh_from_db()
    assert (run.status, run.attempt, run.log_count) == ("pending", 1, 2)


def test_runs_within_their_lease_are_left(make_job: Any, start: Any, worker: Any, now: datetime) -> None:
    run = start(make_job())
    renew(worker=worker, runs=[run], now=after_lease(now))
    assert reap(now=after_lease(now)) == 0


def test_pending_and_ended_runs_are_left(make_job: Any, ask: Any, now: datetime) -> None:
    ask(make_job())
    assert reap(now=after_lease(now)) == 0

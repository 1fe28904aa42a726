"""Why a run that waits has not begun yet."""

from datetime import datetime, timedelta
from typing import Any

from foureyes.models import Worker
from foureyes.runs.waiting import Reason, Waiting, why_it_waits


def test_without_a_worker_nothing_else_matters(make_job: Any, ask: Any, worker: Worker, now: datetime) -> None:
    job = make_job()
    ask(job)
    run = ask(job)
    assert why_it_waits(run, now=now) == Waiting(reason=Reason.LINE, ahead=1)
    for columns in ({"state": "draining"}, {"state": "running", "queues": ["other"]}):
        Worker.objects.update(**columns)
        assert why_it_waits(run, now=now) == Waiting(reason=Reason.WORKER, ahead=1)


def test_a_job_at_its_limit_waits_for_itself(make_job: Any, start: Any, ask: Any, now: datetime) -> None:
    job = make_job(concurrency_limit=1)
    going = start(job)
    run = ask(job)
    assert why_it_waits(run, now=now).reason == Reason.LIMIT
    going.concurrency_slot = None
    going.save()
    assert why_it_waits(run, now=now) == Waiting(reason=Reason.SLOT, ahead=0)


def test_an_attempt_that_has_its_time_waits_for_that(make_job: Any, ask: Any, now: datetime) -> None:
    run = ask(make_job(), available_at=now + timedelta(minutes=3))
    assert why_it_waits(run, now=now).reason == Reason.ATTEMPT

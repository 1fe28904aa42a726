"""Ends and starts of runs in one commit."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import Event, JobLogEntry, JobResult, Worker
from foureyes.runs.finish import Cause, End, Outcome
from foureyes.runs.lifecycle import Happening
from foureyes.runs.masking import Masker
from foureyes.runs.reports import LogLine, Report
from foureyes.runs.turn import turn

COMPLETED = Outcome(happening=Happening.COMPLETE, data={"output": "\nok"})
RAISED = Outcome(happening=Happening.ERROR, cause=Cause.EXCEPTION, data={"output": ""})


def end(run: JobResult, now: datetime, outcome: Outcome = COMPLETED) -> End:
    report = Report(lines=[LogLine(at=now, message="last words")])
    return End(run=run, outcome=outcome, report=report, masker=Masker())


def test_runs_are_ended_and_others_taken(make_job: Any, ask: Any, start: Any, worker: Worker, now: datetime) -> None:
    job = make_job()
    over = [start(job), start(job)]
    waiting = ask(job)
    taken = turn(ends=[end(run, now) for run in over], worker=worker, queues=["default"], limit=2, now=now)
    assert taken == [waiting]
    assert sorted(JobResult.objects.values_list("status", flat=True)) == ["completed", "completed", "running"]
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds[-3:] == ["run.completed", "run.completed", "run.started"]


def test_place_of_a_limited_job_is_free_for_the_next_at_once(
    make_job: Any, ask: Any, start: Any, worker: Worker, now: datetime
) -> None:
    job = make_job(concurrency_limit=1)
    over, waiting = start(job), ask(job)
    assert turn(ends=[end(over, now)], worker=worker, queues=["default"], limit=1, now=now) == [waiting]


def test_run_that_goes_again_may_do_so_at_once(make_job: Any, start: Any, worker: Worker, now: datetime) -> None:
    over = start(make_job(max_retries=1))
    (again,) = turn(ends=[end(over, now, RAISED)], worker=worker, queues=["default"], limit=1, now=now)
    assert (again.pk, again.attempt) == (over.pk, 2)


def test_one_that_was_lost_spoils_all_and_leaves_the_rows_as_they_were(
    make_job: Any, ask: Any, start: Any, worker: Worker, now: datetime
) -> None:
    job = make_job(max_retries=1)
    ours, lost, waiting = start(job), start(job), ask(job)
    JobResult.objects.filter(pk=lost.pk).update(worker=None)
    with pytest.raises(Conflict):
        turn(ends=[end(ours, now, RAISED), end(lost, now)], worker=worker, queues=["default"], limit=1, now=now)
    assert (ours.status, ours.worker_id, ours.log_count) == ("running", worker.pk, 0)
    waiting.refresh_from_db()
    assert waiting.status == "pending"
    assert not JobLogEntry.objects.exists()
    assert not Event.objects.filter(kind="run.retried").exists()

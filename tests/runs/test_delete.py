"""Deleting runs, and hiding evidence."""

from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import Event, JobLogEntry, JobResult
from foureyes.runs.delete import delete_runs
from foureyes.runs.enqueue import Purpose, enqueue
from foureyes.runs.masking import Masker
from foureyes.runs.queries import visible_runs
from foureyes.runs.record import record
from foureyes.runs.reports import LogLine, Report


def test_run_goes_with_its_log_and_the_fact_stays(make_job: Any, start: Any, admin: Any, now: datetime) -> None:
    run = start(make_job())
    for _ in range(3):
        lines = [LogLine(at=now, message="x")] * 400
        record(run=run, report=Report(lines=lines), masker=Masker(), now=now)
    JobResult.objects.update(status="completed", completed=now)
    assert delete_runs(runs=[run], by=admin, now=now) == 1
    assert not JobResult.objects.exists()
    assert not JobLogEntry.objects.exists()
    assert Event.objects.get(kind="run.deleted").subject_id == str(run.pk)


def test_run_of_a_gated_job_is_hidden(make_job: Any, admin: Any, now: datetime) -> None:
    job = make_job(gated=True)
    run = enqueue(job=job, user=admin, values={}, commit=False, purpose=Purpose.DRY_RUN, now=now)
    JobResult.objects.filter(pk=run.pk).update(status="completed", completed=now)
    delete_runs(runs=[run], by=admin, now=now)
    assert JobResult.objects.get().hidden_at == now
    assert not visible_runs(admin).exists()
    assert Event.objects.filter(kind="run.hidden").exists()


def test_running_run_keeps_all_from_being_deleted(
    make_job: Any, start: Any, ask: Any, admin: Any, now: datetime
) -> None:
    job = make_job()
    runs = [start(job), ask(job)]
    with pytest.raises(Conflict, match="Cancel it first"):
        delete_runs(runs=runs, by=admin, now=now)
    assert JobResult.objects.count() == 2


def test_waiting_run_is_deleted_and_never_starts(make_job: Any, ask: Any, admin: Any, now: datetime) -> None:
    delete_runs(runs=[ask(make_job())], by=admin, now=now)
    assert not JobResult.objects.exists()

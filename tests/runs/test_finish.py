"""Ends of runs, and further attempts."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import Event, InputFile, JobLogEntry, JobResult
from foureyes.runs.finish import RETRIED, Cause, Outcome, finish
from foureyes.runs.lifecycle import Happening
from foureyes.runs.masking import MASK, Masker
from foureyes.runs.reports import ChangedObject, LogLine, Progress, Report

COMPLETED = Outcome(happening=Happening.COMPLETE, data={"output": "\nok"})
RAISED = Outcome(happening=Happening.ERROR, cause=Cause.EXCEPTION, data={"output": ""})


def end(run: JobResult, outcome: Outcome, now: datetime, *messages: str, masker: Masker | None = None) -> JobResult:
    report = Report(lines=[LogLine(at=now, message=message) for message in messages])
    return finish(run=run, outcome=outcome, report=report, masker=masker or Masker(), now=now)


def test_completed_run_has_its_data_and_gives_everything_back(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(concurrency_limit=1))
    end(run, COMPLETED, now, "one", "two")
    run.refresh_from_db()
    assert (run.status, run.cause, run.data, run.completed) == ("completed", "", {"output": "\nok"}, now)
    assert (run.lease_until, run.concurrency_slot, run.log_count) == (None, None, 2)
    assert list(JobLogEntry.objects.values_list("sequence", "message")) == [(0, "one"), (1, "two")]
    assert Event.objects.filter(kind="run.completed", subject_id=str(run.pk)).exists()


@pytest.mark.parametrize(
    ("happening", "cause", "status", "kind"),
    [
        (Happening.FAIL, Cause.JOB_FAILED, "failed", "run.failed"),
        (Happening.ERROR, Cause.EXCEPTION, "errored", "run.errored"),
    ],
)
def test_other_ends_name_their_cause(
    make_job: Any, start: Any, now: datetime, happening: Happening, cause: Cause, status: str, kind: str
) -> None:
    run = end(start(make_job()), Outcome(happening=happening, cause=cause), now)
    fact = Event.objects.get(kind=kind)
    assert (run.status, run.cause, fact.data["cause"]) == (status, cause, cause)


def test_end_removes_sealed_inputs_and_input_files(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(has_sensitive_variables=True), values={"secret": "abcdef"})
    InputFile.objects.create(name="a", sha256="0" * 64, size=1, job_result=run, created=now)
    end(run, RAISED, now)
    run.refresh_from_db()
    assert run.sealed_inputs is None
    assert not InputFile.objects.exists()


def test_secrets_are_masked_in_log_and_data(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    outcome = Outcome(happening=Happening.COMPLETE, data={"output": "it was hunter2", "list": [{"hunter2": 1}]})
    end(run, outcome, now, "logged hunter2", masker=Masker(["hunter2"]))
    run.refresh_from_db()
    assert run.data == {"output": f"it was {MASK}", "list": [{MASK: 1}]}
    assert JobLogEntry.objects.get().message == f"logged {MASK}"


def test_run_waits_for_its_next_attempt(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(max_retries=1, retry_delay_seconds=5, has_sensitive_variables=True), values={"a": "b"})
    finish(run=run, outcome=RAISED, report=Report(progress=Progress(done=1)), masker=Masker(), now=now)
    run.refresh_from_db()
    assert (run.status, run.worker, run.lease_until, run.completed) == ("pending", None, None, None)
    assert run.available_at == now + timedelta(seconds=5)
    assert (run.attempt, run.progress_done, run.sealed_inputs is None) == (1, None, False)
    assert JobLogEntry.objects.get().message == "The run starts again in 5 seconds (attempt 2 of 2)."
    assert Event.objects.filter(kind="run.retried").count() == 1


def test_what_a_job_changed_is_recorded_although_it_is_tried_again(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(max_retries=1))
    changed = ChangedObject(action="create", model="auth.group", key="7", text="netops", fields={})
    died = Outcome(happening=Happening.ERROR, cause=Cause.PROCESS_DIED)
    finish(run=run, outcome=died, report=Report(objects=[changed]), masker=Masker(), now=now)
    assert run.status == "pending"
    assert Event.objects.get(kind="object.created").data == {"run": str(run.pk)}


def test_last_attempt_ends_the_run(make_job: Any, start: Any, worker: Any, now: datetime) -> None:
    run = start(make_job(max_retries=1), attempt=1)
    assert run.attempt == 2
    assert end(run, RAISED, now).status == "errored"


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause not in RETRIED])
def test_other_causes_are_not_tried_again(make_job: Any, start: Any, now: datetime, cause: Cause) -> None:
    run = start(make_job(max_retries=3))
    assert end(run, Outcome(happening=Happening.ERROR, cause=cause), now).status == "errored"


def test_cancelled_run_is_not_tried_again(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job(max_retries=3))
    JobResult.objects.update(cancel_requested_at=now)
    assert end(run, RAISED, now).status == "errored"


def test_late_worker_writes_neither_log_nor_result(make_job: Any, start: Any, now: datetime) -> None:
    run = start(make_job())
    JobResult.objects.update(attempt=2)
    with pytest.raises(Conflict):
        end(run, COMPLETED, now, "late")
    assert JobResult.objects.get().status == "running"
    assert not JobLogEntry.objects.exists()
    assert not Event.objects.filter(kind="run.completed").exists()

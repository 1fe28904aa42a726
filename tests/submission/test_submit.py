"""Asking for a run, and the order of the answers "no"."""

from datetime import UTC, datetime
from typing import Any

import pytest

from foureyes.catalog.inputs import InvalidInputs
from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal, Unavailable
from foureyes.models import ApprovalRequest, InputFile, Job, JobResult, ScheduledJob
from foureyes.submission.submit import Submitted, submit
from foureyes.users.models import User

DATA = {"site": "paris"}
FUTURE = {"interval": "future", "name": "later", "start_time": datetime(2027, 1, 1, tzinfo=UTC)}


def ask(job: Job, by: User, now: datetime, **asked: Any) -> Submitted:
    return submit(job=job, by=by, **{"data": DATA, "files": {}, **asked}, now=now)


@pytest.mark.usefixtures("worker")
def test_run_is_stored_for_the_person(make_job: Any, allow: Any, alice: User, now: datetime) -> None:
    allow(alice, "run")
    submitted = ask(make_job(commit_default=False), alice, now)
    run = JobResult.objects.get()
    assert (submitted.job_result, submitted.schedule) == (run, None)
    assert (run.user, run.commit, run.queue) == (alice, False, "default")
    assert run.job_kwargs == {"data": DATA, "commit": False, "task_queue": None}


@pytest.mark.usefixtures("worker")
def test_commit_and_queue_are_as_asked(make_job: Any, admin: User, now: datetime) -> None:
    run = ask(make_job(commit_default=False), admin, now, commit=True, queue="default").job_result
    assert run is not None
    assert (run.commit, run.job_kwargs and run.job_kwargs["task_queue"]) == (True, "default")


@pytest.mark.usefixtures("worker")
def test_immediately_is_no_schedule(make_job: Any, admin: User, now: datetime) -> None:
    assert ask(make_job(has_sensitive_variables=True), admin, now, schedule={"interval": "immediately"}).job_result


@pytest.mark.usefixtures("worker")
def test_person_without_the_right_is_refused(make_job: Any, allow: Any, dave: User, now: datetime) -> None:
    allow(dave, "run", name="Other")
    with pytest.raises(NotAllowed):
        ask(make_job(), dave, now)


# Each case has all faults of the following ones too: the first wins.
WRONG: list[tuple[dict[str, Any], type[Refusal], str]] = [
    ({"enabled": False, "installed": False}, Conflict, "job_not_enabled"),
    ({"installed": False, "has_sensitive_variables": True}, Conflict, "job_not_installed"),
    ({"has_sensitive_variables": True, "gated": True, "import_error": "x"}, Invalid, "job_sensitive_and_gated"),
    ({"import_error": "x"}, Conflict, "job_not_loadable"),
]


@pytest.mark.parametrize(("columns", "kind", "code"), WRONG)
def test_state_of_the_job_comes_first(
    make_job: Any, admin: User, now: datetime, columns: dict[str, Any], kind: type[Refusal], code: str
) -> None:
    with pytest.raises(kind) as refused:
        ask(make_job(**columns), admin, now, queue="nope", data=[])
    assert refused.value.code == code


def test_queue_comes_before_the_inputs(make_job: Any, admin: User, now: datetime) -> None:
    with pytest.raises(Invalid) as refused:
        ask(make_job(), admin, now, queue="nope", data=[])
    assert refused.value.fields == {"task_queue": ['"nope" is not a valid choice.']}


def test_inputs_come_before_the_workers(make_job: Any, admin: User, now: datetime) -> None:
    with pytest.raises(InvalidInputs) as refused:
        ask(make_job(), admin, now, data={})
    assert refused.value.errors == {"site": ["This field is required."]}


def test_queue_without_a_worker_is_unavailable(make_job: Any, admin: User, worker: Any, now: datetime) -> None:
    with pytest.raises(Unavailable) as refused:
        ask(make_job(task_queues=["slow"]), admin, now)
    assert refused.value.message == "Unable to process request: No celery workers running on queue slow."


@pytest.mark.parametrize("commit", [True, False])
def test_gated_job_waits_for_an_approval_whoever_asks(make_job: Any, admin: User, now: datetime, commit: bool) -> None:
    done = ask(make_job(gated=True), admin, now, commit=commit, reason="It must go")
    schedule = ScheduledJob.objects.get()
    assert not JobResult.objects.exists()
    assert (done.schedule, done.job_result, schedule.state) == (schedule, None, "pending")
    assert (schedule.interval, schedule.start_time, schedule.next_run_at) == ("immediately", now, None)
    assert schedule.name == f"Report - {now}"
    request = ApprovalRequest.objects.get()
    assert (request, request.state, request.kind, request.reason) == (done.request, "open", "run", "It must go")


def test_sensitive_job_cannot_be_stored_for_later(make_job: Any, admin: User, now: datetime) -> None:
    with pytest.raises(Invalid, match="sensitive"):
        ask(make_job(has_sensitive_variables=True), admin, now, schedule=FUTURE)


def test_schedule_is_stored_without_a_worker(make_job: Any, admin: User, now: datetime) -> None:
    done = ask(make_job(commit_default=False), admin, now, schedule=FUTURE)
    schedule = ScheduledJob.objects.get()
    assert (done.schedule, done.job_result, JobResult.objects.count()) == (schedule, None, 0)
    assert (schedule.user, schedule.commit, schedule.queue, schedule.inputs) == (admin, False, None, DATA)
    assert schedule.next_run_at == FUTURE["start_time"]


def test_gated_job_for_later_waits_for_an_approval(make_job: Any, admin: User, now: datetime) -> None:
    done = ask(make_job(gated=True), admin, now, schedule=FUTURE | {"interval": "daily"})
    schedule = ScheduledJob.objects.get()
    assert (schedule.state, schedule.approval_required, schedule.approved_at) == ("pending", True, None)
    assert schedule.next_run_at == FUTURE["start_time"]
    assert done.request is not None
    assert (done.request.kind, done.request.scheduled_job) == ("series", schedule)


@pytest.mark.usefixtures("worker")
def test_refused_request_leaves_no_row_of_its_files(make_job: Any, admin: User, now: datetime) -> None:
    file = InputFile(name="a", sha256="0" * 64, size=1, user=admin, created=now)
    with pytest.raises(Invalid):
        ask(make_job(), admin, now, data={}, files={"f": file})
    assert not InputFile.objects.exists()

"""Ending runs on a person's wish."""

from datetime import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from foureyes.errors import Conflict, NotAllowed
from foureyes.models import Event, InputFile, JobResult
from foureyes.runs.cancel import cancel, cancel_each
from foureyes.runs.finish import Outcome, finish
from foureyes.runs.lifecycle import Happening
from foureyes.runs.masking import Masker
from foureyes.runs.reports import Report
from foureyes.users.models import ObjectPermission, User


def test_waiting_run_ends_at_once(make_job: Any, ask: Any, alice: User, now: datetime) -> None:
    run = ask(make_job(has_sensitive_variables=True), values={"a": "b"})
    InputFile.objects.create(name="a", sha256="0" * 64, size=1, job_result=run, created=now)
    cancel(run=run, by=alice, now=now)
    run.refresh_from_db()
    assert (run.status, run.cause, run.cancelled_by_name, run.completed) == ("errored", "cancelled", "alice", now)
    assert run.sealed_inputs is None
    assert not InputFile.objects.exists()
    assert Event.objects.get(kind="run.errored").actor_name == "alice"


def test_running_run_is_left_to_its_worker(make_job: Any, start: Any, alice: User, now: datetime) -> None:
    run = start(make_job())
    cancel(run=run, by=alice, now=now)
    cancel(run=run, by=alice, now=now)
    run.refresh_from_db()
    assert (run.status, run.cancel_requested_at, run.cancelled_by_name) == ("running", now, "alice")
    assert Event.objects.filter(kind="run.cancel_requested").count() == 1


def test_ended_run_is_a_conflict(make_job: Any, start: Any, alice: User, now: datetime) -> None:
    run = start(make_job())
    finish(run=run, outcome=Outcome(happening=Happening.COMPLETE), report=Report(), masker=Masker(), now=now)
    with pytest.raises(Conflict) as refused:
        cancel(run=run, by=alice, now=now)
    assert refused.value.code == "run_ended"


def test_run_that_was_deleted_meanwhile_is_a_conflict(make_job: Any, ask: Any, alice: User, now: datetime) -> None:
    run = ask(make_job())
    JobResult.objects.all().delete()
    with pytest.raises(Conflict) as refused:
        cancel(run=run, by=alice, now=now)
    assert refused.value.code == "run_deleted"


def test_other_people_may_not(make_job: Any, ask: Any, dave: User, now: datetime) -> None:
    run = ask(make_job())
    with pytest.raises(NotAllowed):
        cancel(run=run, by=dave, now=now)
    assert JobResult.objects.get().status == "pending"


def test_who_may_change_runs_may(make_job: Any, ask: Any, bob: User, now: datetime) -> None:
    permission = ObjectPermission.objects.create(name="runs", actions=["change"])
    permission.object_types.add(ContentType.objects.get_for_model(JobResult))
    permission.users.add(bob)
    assert cancel(run=ask(make_job()), by=bob, now=now).cancelled_by_name == "bob"


def test_each_of_many_is_cancelled_on_its_own(
    make_job: Any, ask: Any, start: Any, alice: User, bob: User, now: datetime
) -> None:
    job = make_job()
    ended = start(job)
    waiting = [ask(job) for _ in range(3)]
    finish(run=ended, outcome=Outcome(happening=Happening.COMPLETE), report=Report(), masker=Masker(), now=now)
    JobResult.objects.filter(pk=waiting[1].pk).update(user=bob)
    outcomes = cancel_each(runs=[*waiting, ended], by=alice, now=now)
    assert outcomes == {"cancelled": 2, "not_your_run": 1, "run_ended": 1}
    states = JobResult.objects.order_by("pk").values_list("status", flat=True)
    assert sorted(states) == ["completed", "errored", "errored", "pending"]

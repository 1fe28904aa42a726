"""The gate: what it freezes, what it refuses."""

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foureyes.catalog.environment import fingerprint
from foureyes.conf import get_conf
from foureyes.errors import Conflict
from foureyes.models import Event, InputFile, Job, JobHook, JobResult
from foureyes.runs.enqueue import HookCause, enqueue
from foureyes.runs.masking import MASK
from foureyes.runs.sealing import unseal
from foureyes.users.models import User

Purpose = JobResult.Purpose


def test_run_is_stored_pending_with_everything_frozen(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(task_queues=["slow", "fast"], priority=3, max_retries=2, retry_delay_seconds=5, soft_time_limit=7)
    run = enqueue(job=job, user=alice, values={"site": "a"}, commit=False, now=now)
    run.refresh_from_db()
    assert (run.status, run.name, run.user_name) == ("pending", "local/net/Report", "alice")
    assert (run.queue, run.priority, run.max_retries, run.retry_delay_seconds) == ("slow", 3, 2, 5)
    assert (run.soft_limit_seconds, run.time_limit_seconds) == (7, get_conf().time_limit_seconds)
    assert (run.bundle_id, run.environment) == (job.bundle_id, fingerprint())
    assert run.job_kwargs == {"data": {"site": "a"}, "commit": False, "task_queue": None}
    assert (run.created, run.available_at) == (now, now)


def test_creation_is_recorded_with_the_person(make_job: Any, alice: User, now: datetime) -> None:
    run = enqueue(job=make_job(), user=alice, values={}, commit=True, now=now)
    fact = Event.objects.get(kind="run.created")
    assert (fact.subject_id, fact.subject_text, fact.actor_name) == (str(run.pk), "local/net/Report", "alice")


def test_named_queue_is_kept_as_asked(make_job: Any, alice: User, now: datetime) -> None:
    run = enqueue(job=make_job(task_queues=["a", "b"]), user=alice, values={}, commit=True, queue="b", now=now)
    assert run.queue == "b"
    assert run.job_kwargs is not None
    assert run.job_kwargs["task_queue"] == "b"


def test_job_without_queues_takes_the_default_queue(make_job: Any, alice: User, now: datetime) -> None:
    run = enqueue(job=make_job(), user=alice, values={}, commit=True, now=now)
    assert run.queue == get_conf().default_queue


def test_inputs_of_a_sensitive_job_are_sealed_only(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(has_sensitive_variables=True)
    run = enqueue(job=job, user=alice, values={"password": "hunter2"}, commit=True, now=now)
    run.refresh_from_db()
    assert run.job_kwargs is None
    assert run.sealed_inputs is not None
    assert b"hunter2" not in bytes(run.sealed_inputs)
    assert unseal(bytes(run.sealed_inputs)) == {"password": "hunter2"}


def test_value_of_a_sensitive_variable_is_not_stored_readable(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(variables=[{"name": "pin", "sensitive": True}, {"name": "site"}])
    run = enqueue(job=job, user=alice, values={"pin": "1234", "site": "a"}, commit=True, now=now)
    assert run.job_kwargs is not None
    assert run.job_kwargs["data"] == {"pin": MASK, "site": "a"}
    assert run.sealed_inputs is not None
    assert unseal(run.sealed_inputs) == {"pin": "1234", "site": "a"}


def test_input_files_become_part_of_the_run(make_job: Any, alice: User, now: datetime) -> None:
    file = InputFile(name="a.txt", sha256="0" * 64, size=1, user=alice, created=now)
    run = enqueue(job=make_job(), user=alice, values={"f": str(file.pk)}, commit=True, input_files=[file], now=now)
    assert InputFile.objects.get(pk=file.pk).job_result_id == run.pk


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"enabled": False}, "job_not_enabled"),
        ({"installed": False}, "job_not_installed"),
        ({"import_error": "SyntaxError"}, "job_not_loadable"),
        ({"is_job_hook_receiver": True}, "job_is_receiver"),
    ],
)
def test_job_that_cannot_run_is_refused(
    make_job: Any, alice: User, now: datetime, columns: dict[str, Any], code: str
) -> None:
    with pytest.raises(Conflict) as refused:
        enqueue(job=make_job(**columns), user=alice, values={}, commit=True, now=now)
    assert refused.value.code == code
    assert not JobResult.objects.exists()


def test_gated_job_is_refused_without_a_grant(make_job: Any, admin: User, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        enqueue(job=make_job(gated=True), user=admin, values={}, commit=False, now=now)
    assert refused.value.code == "approval_needed"


def test_flag_raised_a_moment_ago_counts(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job()
    type(job).objects.update(gated=True)
    with pytest.raises(Conflict, match="second person"):
        enqueue(job=job, user=alice, values={}, commit=True, now=now)


def test_dry_run_of_a_gated_job_never_commits(make_job: Any, alice: User, now: datetime) -> None:
    run = enqueue(job=make_job(gated=True), user=alice, values={}, commit=True, purpose=Purpose.DRY_RUN, now=now)
    assert (run.commit, run.gated, run.purpose) == (False, True, "dry_run")


def test_hook_starts_its_receiver(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(is_job_hook_receiver=True)
    cause = cause_for(job, now)
    run = enqueue(job=job, user=alice, values={}, commit=True, purpose=Purpose.HOOK, cause=cause, now=now)
    assert (run.hook_id, run.hook_event_id) == (cause.hook_id, cause.event_id)


def test_hook_run_names_its_cause(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job(is_job_hook_receiver=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        enqueue(job=job, user=alice, values={}, commit=True, purpose=Purpose.HOOK, now=now)


def test_hook_starts_nothing_but_its_own_receiver(make_job: Any, alice: User, now: datetime) -> None:
    """G14: neither an ordinary job nor the receiver of another hook."""
    receiver, other = make_job("One", is_job_hook_receiver=True), make_job("Other", is_job_hook_receiver=True)
    cause = cause_for(receiver, now)
    with pytest.raises(Conflict, match="Only receivers"):
        enqueue(job=make_job(), user=alice, values={}, commit=True, purpose=Purpose.HOOK, cause=cause, now=now)
    with pytest.raises(IntegrityError, match="hook"), transaction.atomic():
        enqueue(job=other, user=alice, values={}, commit=True, purpose=Purpose.HOOK, cause=cause, now=now)


def cause_for(receiver: Job, now: datetime) -> HookCause:
    """A hook on the receiver, and a change."""
    hook = JobHook.objects.create(
        name="h", slug="h", job=receiver, type_create=True, watches_since=now, created=now.date(), last_updated=now
    )
    change = Event.objects.create(kind="group.created", action="create", at=now, subject_type="auth.group")
    return HookCause(hook_id=hook.pk, event_id=change.pk)


def test_deleted_job_is_refused(make_job: Any, alice: User, now: datetime) -> None:
    job = make_job()
    type(job).objects.all().delete()
    with pytest.raises(Conflict, match="deleted"):
        enqueue(job=job, user=alice, values={}, commit=True, now=now)

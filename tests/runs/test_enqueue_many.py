"""The gate for many runs at once: the same as for one."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import Event, InputFile, Job, JobResult, Occurrence, ScheduledJob
from foureyes.runs.enqueue import Order, enqueue, enqueue_many
from foureyes.runs.masking import MASK
from foureyes.runs.sealing import unseal
from foureyes.users.models import User

MakeOrder = Callable[..., Order]
OWN = {"id", "schedule_id", "occurrence_id", "_state"}


@pytest.fixture
def order(alice: User, now: datetime) -> MakeOrder:
    """An order of alice for an instant of a schedule."""

    def make(job: Job, **columns: Any) -> Order:
        schedule = ScheduledJob.objects.create(
            name="x", interval="future", start_time=now, decided_until=now, created=now, date_changed=now
        )
        line = Occurrence.objects.create(scheduled_job=schedule, revision=1, planned_at=now, fate="fired")
        given = {"values": {"site": "a"}, "commit": True, "queue": None, **columns}
        return Order(job_id=job.pk, user=alice, schedule_id=schedule.pk, occurrence_id=line.pk, **given)

    return make


def test_every_column_is_that_of_a_run_stored_alone(
    make_job: Any, order: MakeOrder, alice: User, now: datetime
) -> None:
    job = make_job(task_queues=["slow", "fast"], priority=3, max_retries=2, retry_delay_seconds=5, soft_time_limit=7)
    alone = enqueue(job=job, user=alice, values={"site": "a"}, commit=False, queue="fast", now=now)
    asked = order(job, commit=False, queue="fast")
    enqueue_many(orders=[asked], now=now)
    together = JobResult.objects.get(pk=asked.id)
    alone = JobResult.objects.get(pk=alone.pk)
    assert {name: value for name, value in vars(together).items() if name not in OWN} == {
        name: value for name, value in vars(alone).items() if name not in OWN
    }
    assert (together.schedule_id, together.occurrence_id) == (asked.schedule_id, asked.occurrence_id)
    facts = Event.objects.filter(kind="run.created")
    one, other = (facts.get(subject_id=str(run.pk)) for run in (alone, together))
    for name in ("at", "actor_id", "actor_name", "subject_type", "subject_text", "data", "request_id", "hash"):
        assert getattr(one, name) == getattr(other, name)


def test_runs_of_several_jobs_are_stored_together(make_job: Any, order: MakeOrder, now: datetime) -> None:
    orders = [order(make_job(name)) for name in ("A", "B")]
    orders.append(order(Job.objects.get(name="A")))
    enqueue_many(orders=orders, now=now)
    assert {run.pk: run.name for run in JobResult.objects.all()} == {
        one.id: f"local/net/{name}" for one, name in zip(orders, "ABA", strict=True)
    }


def test_secret_values_are_sealed(make_job: Any, order: MakeOrder, now: datetime) -> None:
    job = make_job(variables=[{"name": "pin", "type": "StringVar", "sensitive": True}])
    asked = order(job, values={"pin": "1234"})
    enqueue_many(orders=[asked], now=now)
    run = JobResult.objects.get()
    assert run.job_kwargs is not None
    assert run.job_kwargs["data"] == {"pin": MASK}
    assert run.sealed_inputs is not None
    assert unseal(bytes(run.sealed_inputs)) == {"pin": "1234"}


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"enabled": False}, "job_not_enabled"),
        ({"installed": False}, "job_not_installed"),
        ({"gated": True}, "approval_needed"),
    ],
)
def test_one_job_that_cannot_run_refuses_all(
    make_job: Any, order: MakeOrder, now: datetime, columns: dict[str, Any], code: str
) -> None:
    orders = [order(make_job("Good")), order(make_job("Bad", **columns))]
    with pytest.raises(Conflict) as refused:
        enqueue_many(orders=orders, now=now)
    assert refused.value.code == code


def test_deleted_job_is_refused(make_job: Any, order: MakeOrder, now: datetime) -> None:
    asked = order(make_job())
    Job.objects.all().delete()
    with pytest.raises(Conflict) as refused:
        enqueue_many(orders=[asked], now=now)
    assert refused.value.code == "job_deleted"


def test_input_files_become_part_of_their_run(make_job: Any, order: MakeOrder, alice: User, now: datetime) -> None:
    file = InputFile(id=uuid.uuid4(), name="a", sha256="0" * 64, size=1, user=alice, created=now)
    asked = order(make_job(), input_files=[file])
    enqueue_many(orders=[asked], now=now)
    assert InputFile.objects.get().job_result_id == asked.id


def test_nothing_ordered_is_nothing_done(db: None, now: datetime, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        enqueue_many(orders=[], now=now)

"""Rows that runs need: a job as discovery would have made it, a worker, and stored runs."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import Job, JobResult, Worker
from foureyes.runs.claim import claim
from foureyes.runs.enqueue import enqueue
from foureyes.runs.workers import register
from foureyes.users.models import User

MakeJob = Callable[..., Job]
Ask = Callable[..., JobResult]
Start = Callable[..., JobResult]


@pytest.fixture
def make_job(db: None, now: datetime) -> MakeJob:
    """Makes the row of an enabled, harmless job."""
    bundle = store(source=of_contents(module="net", contents={"net.py": b"pass\n"}), now=now)

    def make(name: str = "Report", **columns: Any) -> Job:
        given = {"enabled": True, "has_sensitive_variables": False, "grouping": "Net", "bundle": bundle, **columns}
        return Job.objects.create(
            source="local",
            module_name="net",
            job_class_name=name,
            name=name,
            slug=f"local-net-{name.lower()}",
            created=now.date(),
            last_updated=now,
            **given,
        )

    return make


@pytest.fixture
def ask(alice: User, now: datetime) -> Ask:
    """Stores a run of alice."""

    def store_run(job: Job, *, values: dict[str, Any] | None = None, at: datetime = now, **columns: Any) -> JobResult:
        run = enqueue(job=job, user=alice, values=values or {}, commit=True, now=at)
        if columns:
            JobResult.objects.filter(pk=run.pk).update(**columns)
            run.refresh_from_db()
        return run

    return store_run


@pytest.fixture
def worker(db: None, now: datetime) -> Worker:
    return register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=now)


@pytest.fixture
def start(ask: Ask, worker: Worker, now: datetime) -> Start:
    """Stores a run and has the worker take it."""

    def start_run(job: Job, **columns: Any) -> JobResult:
        asked = ask(job, **columns)
        (run,) = claim(worker=worker, queues=[asked.queue], limit=1, now=now)
        return run

    return start_run

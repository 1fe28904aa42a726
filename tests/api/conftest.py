"""A client of the REST API, and the records that its answers show."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.models import Job, JobLogEntry, JobResult, ScheduledJob, Worker
from foureyes.users.models import User
from foureyes.users.tokens import issue_token


@pytest.fixture
def client_of(now: datetime) -> Callable[..., APIClient]:
    """A client that sends a token of that person, and asks for version 1.3."""

    def make(user: User | None, **token: Any) -> APIClient:
        client = APIClient(headers={"Accept": "application/json; version=1.3"})
        if user is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Token {issue_token(user=user, now=now, **token).key}")
        return client

    return make


@pytest.fixture
def api(client_of: Callable[..., APIClient], admin: User) -> APIClient:
    """The administrator's client."""
    return client_of(admin)


@pytest.fixture
def make_job(db: None, now: datetime) -> Callable[..., Job]:
    """A job as discovery would have stored it."""

    def make(name: str = "Hello", **values: Any) -> Job:
        given = {
            "source": "local",
            "module_name": "sample",
            "job_class_name": name,
            "slug": f"local-sample-{name.lower()}",
            "grouping": "Samples",
            "name": name,
            "enabled": True,
            "has_sensitive_variables": False,
            "created": now.date(),
            "last_updated": now,
        }
        return Job.objects.create(**(given | values))

    return make


@pytest.fixture
def make_result(db: None, now: datetime) -> Callable[..., JobResult]:
    """A run that completed."""

    def make(job: Job | None, user: User | None, **values: Any) -> JobResult:
        given = {
            "job_model": job,
            "name": job.class_path if job else "local/gone/Gone",
            "user": user,
            "user_name": user.username if user else "",
            "status": "completed",
            "created": now,
            "completed": now,
            "available_at": now,
            "queue": "default",
            "soft_limit_seconds": 300,
            "time_limit_seconds": 600,
            "commit": True,
        }
        return JobResult.objects.create(**(given | values))

    return make


@pytest.fixture
def make_logs(db: None, now: datetime) -> Callable[..., None]:
    """Lines of a run."""

    def make(result: JobResult, messages: list[str], level: str = "info") -> None:
        JobLogEntry.objects.bulk_create(
            JobLogEntry(
                job_result=result, sequence=number, created=now, log_level=level, grouping="run", message=message
            )
            for number, message in enumerate(messages)
        )

    return make


@pytest.fixture
def make_schedule(make_job: Callable[..., Job], now: datetime) -> Callable[..., ScheduledJob]:
    """A schedule as it was stored before the present; without a next instant, so that nothing fires."""

    def make(name: str, **values: Any) -> ScheduledJob:
        job = values.pop("job_model") if "job_model" in values else Job.objects.first() or make_job()
        given = {
            "name": name,
            "job_model": job,
            "job_class": "local/sample/Hello",
            "interval": "daily",
            "start_time": now + timedelta(days=1),
            "decided_until": now,
            "created": now,
            "date_changed": now,
        }
        return ScheduledJob.objects.create(**(given | values))

    return make


@pytest.fixture
def worker(db: None) -> Worker:
    """A worker that is alive now (the API reads the real clock)."""
    here = datetime.now(UTC)
    return Worker.objects.create(name="host:1", queues=["default"], slots=2, started_at=here, heartbeat_at=here)

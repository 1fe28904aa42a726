"""Jobs to ask for, a worker that would take them, and people with rights."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from foureyes.catalog.bundles import of_contents, store
from foureyes.jobs import StringVar
from foureyes.models import Job, Worker
from foureyes.runs.workers import register
from foureyes.users.models import ObjectPermission, User


@pytest.fixture
def worker(db: None, now: datetime) -> Worker:
    return register(kind=Worker.Kind.WORKER, name="host:1", queues=["default"], slots=2, now=now)


@pytest.fixture
def make_job(db: None, now: datetime) -> Callable[..., Job]:
    """Makes the row of an enabled job with one required variable `site`."""
    bundle = store(source=of_contents(module="net", contents={"net.py": b"pass\n"}), now=now)

    def make(name: str = "Report", **columns: Any) -> Job:
        given = {"enabled": True, "has_sensitive_variables": False, "grouping": "Net", "bundle": bundle, **columns}
        return Job.objects.create(
            source="local",
            module_name="net",
            job_class_name=name,
            name=name,
            slug=f"local-net-{name.lower()}",
            variables=[StringVar().spec("site")],
            created=now.date(),
            last_updated=now,
            **given,
        )

    return make


@pytest.fixture
def allow(db: None) -> Callable[..., None]:
    """Gives a person actions on jobs."""

    def give(user: User, *actions: str, **constraints: Any) -> None:
        permission = ObjectPermission.objects.create(
            name="jobs", actions=list(actions), constraints=constraints or None
        )
        permission.object_types.add(ContentType.objects.get_for_model(Job))
        permission.users.add(user)

    return give

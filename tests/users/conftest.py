"""Builders of permissions and of the rows they are about."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from foureyes.models import Job, JobResult
from foureyes.users.models import ObjectPermission, User

Permit = Callable[..., ObjectPermission]
MakeJob = Callable[..., Job]
MakeRun = Callable[..., JobResult]


@pytest.fixture
def permit(db: None) -> Permit:
    """`permit(alice, "view", Job, constraints)`: an enabled permission for a user or a group."""

    def permit(holder: User | Group, actions: str, *models: type[Model], constraints: Any = None) -> ObjectPermission:
        row = ObjectPermission.objects.create(
            name=f"{holder} {actions}", actions=actions.split(), constraints=constraints
        )
        row.object_types.set([ContentType.objects.get_for_model(model) for model in models])
        (row.users if isinstance(holder, User) else row.groups).add(holder)
        return row

    return permit


@pytest.fixture
def make_job(db: None, now: datetime) -> MakeJob:
    """A job row of that name; further columns as keywords."""

    def make_job(name: str, **columns: Any) -> Job:
        values = {"source": "local", "module_name": "tools", "slug": f"local-tools-{name.lower()}", "grouping": "Tools"}
        return Job.objects.create(
            name=name, job_class_name=name, created=now.date(), last_updated=now, **(values | columns)
        )

    return make_job


@pytest.fixture
def make_run(db: None, now: datetime) -> MakeRun:
    """A pending run of the job by the user."""

    def make_run(job: Job, user: User | None) -> JobResult:
        return JobResult.objects.create(
            job_model=job,
            name=job.class_path,
            user=user,
            user_name=user.username if user else "",
            created=now,
            available_at=now,
            queue="default",
            soft_limit_seconds=1,
            time_limit_seconds=2,
        )

    return make_run

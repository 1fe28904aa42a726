"""A gated job, people with rights on it, and requests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from foureyes.catalog.bundles import of_contents, store
from foureyes.jobs import StringVar
from foureyes.models import ApprovalRequest, Job, ScheduledJob, SourceBundle
from foureyes.submission.submit import submit
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import forget

MakeJob = Callable[..., Job]
Ask = Callable[..., ApprovalRequest]


def bundle_of(text: bytes, now: datetime) -> SourceBundle:
    return store(source=of_contents(module="ops", contents={"ops.py": text}), now=now)


@pytest.fixture
def make_job(db: None, now: datetime) -> MakeJob:
    """Makes the row of an enabled job that needs approval, with one variable `site`."""

    def make(name: str = "Purge", **columns: Any) -> Job:
        given = {"enabled": True, "has_sensitive_variables": False, "approval_required": True, "gated": True, **columns}
        return Job.objects.create(
            source="local",
            module_name="ops",
            job_class_name=name,
            name=name,
            grouping="Ops",
            slug=f"local-ops-{name.lower()}",
            created=now.date(),
            last_updated=now,
            **{"variables": [StringVar().spec("site")], "bundle": bundle_of(b"old = 1\n", now), **given},
        )

    return make


@pytest.fixture
def purge(make_job: MakeJob) -> Job:
    return make_job()


@pytest.fixture
def allow(db: None) -> Callable[..., None]:
    """Gives a person actions on rows of a model."""

    def give(user: User, model: type[Any], *actions: str, **constraints: Any) -> None:
        permission = ObjectPermission.objects.create(
            name=f"{model.__name__} of {user}", actions=list(actions), constraints=constraints or None
        )
        permission.object_types.add(ContentType.objects.get_for_model(model))
        permission.users.add(user)
        forget(user)

    return give


@pytest.fixture
def team(allow: Any, alice: User, bob: User, carol: User, dave: User) -> None:
    """Alice may run and edit; bob and carol may approve as well; dave nothing."""
    allow(alice, Job, "view", "run")
    allow(alice, ScheduledJob, "view", "change")
    for approver in (bob, carol):
        allow(approver, Job, "view", "run", "approve", "change")
        allow(approver, ScheduledJob, "view", "change", "delete")


@pytest.fixture
def ask(team: None, purge: Job, alice: User, now: datetime) -> Ask:
    """Alice asks for a run of the gated job; with settings of a plan, for later."""

    def request(*, site: str = "paris", by: User = alice, at: datetime = now, **plan: Any) -> ApprovalRequest:
        schedule = {"name": "purge", **plan} if plan else None
        done = submit(job=purge, by=by, data={"site": site}, files={}, schedule=schedule, reason="It is full", now=at)
        assert done.request is not None
        return done.request

    return request


@pytest.fixture
def daily(ask: Ask, now: datetime) -> ApprovalRequest:
    return ask(interval="daily", start_time=now + timedelta(hours=1))


@pytest.fixture
def future(ask: Ask, now: datetime) -> ApprovalRequest:
    return ask(interval="future", start_time=now + timedelta(hours=1))


@pytest.fixture
def change_source(purge: Job, now: datetime) -> Callable[..., None]:
    """What discovery does when the file of the job was edited."""

    def change(text: bytes = b"new = 2\n") -> None:
        Job.objects.filter(pk=purge.pk).update(bundle=bundle_of(text, now), last_updated=now)

    return change


def carrier(request: ApprovalRequest) -> ScheduledJob:
    """The schedule of a request, as it is now."""
    return ScheduledJob.objects.get(pk=request.scheduled_job_id)

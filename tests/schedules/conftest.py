"""Schedules of alice, who may run jobs and do everything with her schedules; instants are counted from noon."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from foureyes.catalog.bundles import of_contents, store
from foureyes.models import Job, JobResult, Occurrence, ScheduledJob
from foureyes.schedules.create import Plan, create
from foureyes.schedules.fire import fire_due
from foureyes.users.models import ObjectPermission, User

MakeJob = Callable[..., Job]
MakeSchedule = Callable[..., ScheduledJob]
EVERY_5_MINUTES = "*/5 * * * *"


def allow(user: User, model: type, *actions: str) -> ObjectPermission:
    """Let a person do that with all rows."""
    row = ObjectPermission.objects.create(name=f"{user} {model.__name__}", actions=list(actions))
    row.object_types.add(ContentType.objects.get_for_model(model))
    row.users.add(user)
    return row


def lines(schedule: ScheduledJob) -> list[tuple[int, str, str]]:
    """The ledger of a schedule: minute of the hour, fate, reason."""
    rows = Occurrence.objects.filter(scheduled_job=schedule).order_by("planned_at")
    return [(row.planned_at.minute, row.fate, row.reason) for row in rows]


def fates(schedule: ScheduledJob) -> list[tuple[int, str]]:
    """The same without reasons."""
    return [(minute, fate) for minute, fate, _ in lines(schedule)]


def end_runs(*, at: datetime) -> None:
    """End all runs."""
    JobResult.objects.update(status="completed", completed=at)


@pytest.fixture
def make_job(db: None, now: datetime) -> MakeJob:
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
def alice(alice: User) -> User:
    allow(alice, Job, "view", "run")
    allow(alice, ScheduledJob, "view", "change", "delete")
    return alice


@pytest.fixture
def make_schedule(make_job: MakeJob, alice: User, now: datetime) -> MakeSchedule:
    """Stores a schedule of alice, by default every five minutes from a second after noon."""

    def make(*, job: Job | None = None, by: User = alice, at: datetime | None = None, **settings: Any) -> ScheduledJob:
        stored = ("values", "commit", "queue", "name", "description", "input_files")
        given = {name: settings.pop(name) for name in stored if name in settings}
        plan = Plan(**({"interval": "custom", "crontab": EVERY_5_MINUTES} | settings))
        job = job or Job.objects.first() or make_job()
        at = at or now + timedelta(seconds=1)
        return create(job=job, by=by, plan=plan, now=at, **({"values": {}, "commit": True, "name": "nightly"} | given))

    return make


@pytest.fixture
def noon(now: datetime) -> Callable[..., datetime]:
    """An instant after noon."""

    def after(minutes: float, seconds: float = 0) -> datetime:
        return now + timedelta(minutes=minutes, seconds=seconds)

    return after


@pytest.fixture
def fire() -> Callable[[datetime], int]:
    """Fires everything that is due at an instant, in as many batches as it takes; gives how many runs came of it."""

    def fire_all(at: datetime) -> int:
        fired, more = 0, True
        while more:
            report = fire_due(now=at)
            fired, more = fired + report.fired, report.more
        return fired

    return fire_all

"""What tests of pages share: a client per person for tests without a browser; one browser and one site a worker."""

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser
from tests.web.browser import People, chromium, executable
from tests.web.cast import allow
from tests.web.site import Site
from tests.web.site import site as started

from foureyes.catalog.bundles import of_contents, store
from foureyes.jobs import StringVar
from foureyes.models import Job, ScheduledJob
from foureyes.submission.submit import submit
from foureyes.users.models import User


@pytest.fixture
def pages_of() -> Callable[[User], Client]:
    """A client that is signed in as that person."""

    def client(user: User) -> Client:
        made = Client()
        made.force_login(user)
        return made

    return client


@pytest.fixture(scope="session")
def site(tmp_path_factory: Any) -> Iterator[Site]:
    """A real installation with the cast; tests share it, so they name what they make and look only for that."""
    with started(tmp_path_factory.mktemp("site") / "data", name=f"foureyes_web_{os.getpid()}") as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, for one file: its loop lives in this thread, where others need one of their own."""
    if executable() is None:
        if os.environ.get("FOUREYES_REQUIRE_SERVICES") == "1":
            pytest.fail("Chromium is not installed (Debian package `chromium`)")
        pytest.skip("Chromium is not installed (Debian package `chromium`)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Django asks for a running loop, and finds playwright's
        with chromium() as made:
            yield made


@pytest.fixture(scope="module")
def _people(browser: Browser, site: Site) -> People:
    return People(browser, site.url)


@pytest.fixture
def people(_people: People) -> Iterator[People]:
    """Opens pages as members of the cast."""
    yield _people
    _people.leave()


@pytest.fixture
def owner(alice: User) -> User:
    """Alice, who may run jobs and do everything with schedules."""
    allow(alice, "job", "view", "run")
    allow(alice, "scheduledjob", "view", "add", "change", "delete")
    allow(alice, "jobresult", "view")
    return alice


@pytest.fixture
def job(db: None, now: datetime) -> Job:
    return Job.objects.create(
        source="local", module_name="net", job_class_name="Report", name="Report", slug="local-net-report",
        grouping="Net", enabled=True, has_sensitive_variables=False, created=now.date(), last_updated=now,
        variables=[StringVar(label="Site").spec("site")],
        bundle=store(source=of_contents(module="net", contents={"net.py": b"pass\n"}), now=now),
    )  # fmt: skip


@pytest.fixture
def plan(job: Job, owner: User, now: datetime) -> Callable[..., ScheduledJob]:
    def make(name: str = "Nightly report", *, by: User = owner, reason: str | None = None, **when: Any) -> ScheduledJob:
        wanted = {"interval": "custom", "crontab": "30 2 * * *", "time_zone": "Europe/Berlin", "name": name, **when}
        done = submit(job=job, by=by, data={"site": "fra"}, files={}, schedule=wanted, reason=reason, now=now)
        assert done.schedule is not None
        return done.schedule

    return make

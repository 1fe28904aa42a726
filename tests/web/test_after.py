"""What started because of a run, on its page; and the run because of which one started, on that one's."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.hooks.conftest import hook, make_receiver, receiver  # noqa: F401 - fixtures
from tests.web.cast import Status, allow, html, run_of, text

from foureyes.models import Event, Job, JobHook, JobResult
from foureyes.runs.enqueue import HookCause
from foureyes.submission.submit import submit_for_hook
from foureyes.users.models import ObjectPermission, User
from foureyes.web.results.after import FIRST

PagesOf = Callable[[User], Client]
Because = Callable[..., JobResult]


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def because(hook: Callable[..., JobHook], now: datetime) -> Because:  # noqa: F811
    """Runs that a hook starts because of one."""
    made = hook()

    def start(run: JobResult, *, at: datetime = now) -> JobResult:
        fact = Event.objects.create(
            kind="object.created", action="create", at=at, subject_type="auth.group", subject_id="7",
            data={"run": str(run.pk)},
        )  # fmt: skip
        cause = HookCause(hook_id=made.pk, event_id=fact.pk, run_id=run.pk)
        return submit_for_hook(job=made.job, by=run.user, cause=cause, now=at)

    return start


def page_of(run: JobResult) -> str:
    return f"/jobs/results/{run.pk}/"


def test_a_run_names_what_started_because_of_it_and_the_other_way_round(
    pages_of: PagesOf, owner: User, job: Job, because: Because, now: datetime
) -> None:
    run = run_of(job, owner, now)
    started = because(run)
    client = pages_of(owner)
    page = html(client, page_of(run))
    assert "Started because of it Queued Watch" in text(page)
    assert f'href="{page_of(started)}"' in page
    other = html(client, page_of(started))
    assert f"Started because of Run {run.pk.hex[-8:]} Report" in text(other)
    assert f'href="{page_of(run)}"' in other


def test_a_run_that_started_nothing_has_no_such_part(pages_of: PagesOf, owner: User, job: Job, now: datetime) -> None:
    run = run_of(job, owner, now - timedelta(minutes=1))
    page = html(pages_of(owner), page_of(run))
    assert re.search(r'<section[^>]* id="run-after"[^>]* hidden>', page)
    assert "Started because of <" not in page


def test_runs_that_one_may_not_view_are_named_neither_way(
    pages_of: PagesOf, owner: User, bob: User, job: Job, because: Because, now: datetime
) -> None:
    run = run_of(job, owner, now)
    started = because(run)
    for seen, hidden in ((run, started), (started, run)):
        ObjectPermission.objects.filter(users=bob).delete()
        allow(bob, "jobresult", "view")
        ObjectPermission.objects.filter(users=bob).update(constraints={"pk": str(seen.pk)})
        page = html(pages_of(bob), page_of(seen))
        assert str(hidden.pk) not in page
        assert "Watch" not in page or seen == started


def test_the_rest_of_many_is_a_link_away(
    pages_of: PagesOf, owner: User, job: Job, because: Because, now: datetime
) -> None:
    run, other = run_of(job, owner, now), run_of(job, owner, now)
    started = [because(run) for _ in range(FIRST + 1)]
    client = pages_of(owner)
    page = html(client, page_of(run))
    assert page.count(">Watch</a>") == FIRST
    address = f"/jobs/results/?because={run.pk}"
    assert f'href="{address}"' in page
    every = html(client, address)
    assert all(str(one.pk) in every for one in started)
    assert str(other.pk) not in every
    assert f'name="because" value="{run.pk}" checked' in every


def test_a_page_asks_again_only_as_long_as_hooks_are_about_to_start(
    pages_of: PagesOf, owner: User, job: Job, because: Because, now: datetime
) -> None:
    client = pages_of(owner)
    asks = re.compile(r'<section[^>]* id="run-after"[^>]* hx-get="([^"]+)"')
    assert not asks.search(html(client, page_of(run_of(job, owner, now - timedelta(minutes=1)))))
    assert not asks.search(html(client, page_of(run_of(job, owner, now, status=Status.PENDING, started_at=None))))
    run = run_of(job, owner, now, completed=timezone.now())
    found = asks.search(html(client, page_of(run)))
    assert found
    because(run)
    part = html(client, found[1], headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert "Watch" in text(part)
    assert 'id="log"' not in part


@pytest.mark.parametrize(
    "columns",
    [
        {"status": Status.PENDING, "started_at": None},
        {"status": Status.RUNNING, "lease_until": datetime.max.replace(tzinfo=timezone.get_default_timezone())},
        {"status": Status.COMPLETED},
        {"status": Status.ERRORED, "cause": JobResult.Cause.EXCEPTION, "first_failure": 0,
         "log_summary": {"levels": {"failure": 1}, "first_failure": 0}, "log_count": 1},
        {"status": Status.ERRORED, "cause": JobResult.Cause.WORKER_LOST},
        {"status": Status.ERRORED, "cause": JobResult.Cause.CANCELLED, "cancelled_by_name": "alice"},
    ],
    ids=["queued", "running", "succeeded", "failed", "lost", "cancelled"],
)  # fmt: skip
def test_the_page_takes_the_same_queries_for_any_number_of_them(
    pages_of: PagesOf, owner: User, job: Job, because: Because, now: datetime, columns: dict[str, Any]
) -> None:
    run_of(job, owner, now - timedelta(minutes=5))  # one before it
    run = run_of(job, owner, now, **columns)
    client = pages_of(owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            html(client, page_of(run))
        return len(seen)

    because(run)
    few = queries()
    for _ in range(FIRST):
        because(run)
    assert queries() == few <= 15

"""Stopping all runs of a list that wait, or that run: it is said which, and runs that come later are left alone."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.web.cast import allow, html, run_of, text

from foureyes.models import Job, JobResult
from foureyes.users.models import User

PagesOf = Callable[[User], Client]
Status = JobResult.Status
WAITING: dict[str, Any] = {"status": Status.PENDING, "started_at": None, "completed": None}
QUEUED = "/jobs/results/?state=queued"
STOP = "/jobs/results/stop/?state=queued"


@pytest.fixture
def job(db: None, now: datetime) -> Job:
    return Job.objects.create(
        source="local", module_name="ops", job_class_name="Purge", slug="local-ops-purge", grouping="Ops",
        name="Purge", enabled=True, has_sensitive_variables=False, created=now.date(), last_updated=now,
    )  # fmt: skip


def seen_on(client: Client, address: str = STOP) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', html(client, address))
    assert found
    return found[1].replace("&#x2B;", "+").replace("&#43;", "+")


def states() -> list[str]:
    return sorted(JobResult.objects.values_list("status", flat=True))


def test_a_list_of_what_goes_on_leads_there_and_no_other_does(
    pages_of: PagesOf, admin: User, job: Job, now: datetime
) -> None:
    client = pages_of(admin)
    assert "Stop all" not in html(client, QUEUED)
    run_of(job, admin, now, **WAITING)
    assert f'href="{STOP}&amp;job={job.pk}"' in html(client, f"{QUEUED}&job={job.pk}")
    assert f'href="{STOP}"' in html(client, QUEUED, headers={"HX-Request": "true"})
    for other in ("/jobs/results/", "/jobs/results/?state=failed"):
        assert "Stop all" not in html(client, other)


def test_what_was_shown_is_stopped_and_what_came_later_is_not(
    pages_of: PagesOf, admin: User, job: Job, now: datetime
) -> None:
    shown = [run_of(job, admin, now - timedelta(minutes=minute), **WAITING) for minute in range(3)]
    client = pages_of(admin)
    page = text(html(client, STOP))
    assert "Stop 3 runs?" in page
    assert "They wait in their queues and will not start." in page
    sent = {"seen": seen_on(client)}
    later = datetime.fromisoformat(sent["seen"]) + timedelta(seconds=1)
    JobResult.objects.filter(pk=shown[2].pk).update(status=Status.RUNNING, started_at=now, lease_until=later)
    newest = run_of(job, admin, later, **WAITING)
    answer = client.post(STOP, sent, follow=True)
    assert answer.redirect_chain == [(QUEUED, 302)]
    assert "2 runs stopped, or asked to stop." in text(answer.content.decode())
    assert states() == ["errored", "errored", "pending", "running"]
    newest.refresh_from_db()
    assert newest.status == Status.PENDING


def test_running_ones_are_asked_to_stop(pages_of: PagesOf, admin: User, job: Job, now: datetime) -> None:
    run = run_of(job, admin, now, status=Status.RUNNING, lease_until=now + timedelta(days=1))
    client, address = pages_of(admin), "/jobs/results/stop/?state=running"
    assert "what they have done stays done" in text(html(client, address))
    client.post(address, {"seen": seen_on(client, address)})
    run.refresh_from_db()
    assert (run.status, run.cancelled_by_name) == ("running", "admin")


def test_those_of_others_are_left_and_said(pages_of: PagesOf, alice: User, bob: User, job: Job, now: datetime) -> None:
    allow(alice, "jobresult", "view")
    run_of(job, bob, now, **WAITING)
    client = pages_of(alice)
    assert "1 run of this list goes on, and you may not stop it" in text(html(client, STOP))
    run_of(job, alice, now, **WAITING)
    page = text(html(client, STOP))
    assert "Stop 1 run?" in page
    assert "1 more you may not stop" in page
    answer = client.post(STOP, {"seen": seen_on(client)}, follow=True)
    assert "1 run stopped, or asked to stop." in text(answer.content.decode())
    assert "1 not stopped: only who asked for a run, or who may change it, can." in text(answer.content.decode())
    assert states() == ["errored", "pending"]


@pytest.mark.parametrize("query", ["", "?state=failed", "?state=nonsense"])
def test_other_lists_are_refused_in_words(pages_of: PagesOf, admin: User, job: Job, now: datetime, query: str) -> None:
    run_of(job, admin, now, **WAITING)
    answer = pages_of(admin).post(f"/jobs/results/stop/{query}", {"seen": now.isoformat()}, follow=True)
    assert "Only runs that wait or run can be stopped" in text(answer.content.decode())
    assert states() == ["pending"]


@pytest.mark.parametrize("seen", ["", "nonsense", "2026-13-99T00:00:00Z", "2026-11-26"])
def test_an_instant_that_cannot_be_read_is_now(
    pages_of: PagesOf, admin: User, job: Job, now: datetime, seen: str
) -> None:
    run_of(job, admin, now, **WAITING)
    pages_of(admin).post(STOP, {"seen": seen})
    assert states() == ["errored"]

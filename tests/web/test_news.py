"""How a request ended is told to who asked: on the next page, once, and on the overview for a day."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.web.cast import allow
from tests.web.test_jobs_list import text_of

from foureyes.approvals.decide import approve, deny
from foureyes.approvals.revoke import revoke_request
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.submission.submit import submit
from foureyes.users.models import User
from foureyes.users.permissions import forget

PagesOf = Callable[[User], Client]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def ask(job: Job, plan: Callable[..., ScheduledJob], bob: User) -> Callable[[], ApprovalRequest]:
    """Alice asks; Bob Ross may decide."""
    job.gated = job.approval_required = True
    job.save()
    User.objects.filter(pk=bob.pk).update(first_name="Bob", last_name="Ross")
    allow(bob, "job", "view", "approve")
    allow(bob, "scheduledjob", "view", "change", "delete")
    forget(bob)

    def request() -> ApprovalRequest:
        return ApprovalRequest.objects.get(scheduled_job=plan(reason="It is time."))

    return request


def test_the_next_page_says_it_once_and_leads_there(
    pages_of: PagesOf, ask: Callable[[], ApprovalRequest], owner: User, bob: User, now: datetime
) -> None:
    request = ask()
    deny(request=request, by=bob, reason="Not <b>during</b> the audit.", now=now)
    said = f"Bob Ross denied request {request.number}, “Nightly report”: Not &lt;b&gt;during&lt;/b&gt; the audit."
    assert said not in text_of(pages_of(bob).get("/jobs/").content)
    pages = pages_of(owner)
    assert said not in text_of(pages.get("/jobs/", headers=HTMX).content)  # a part has no place for it
    page = pages.get("/jobs/").content
    assert said in text_of(page)
    assert f'<a href="/jobs/approvals/{request.pk}/">Open</a>' in page.decode()
    assert "denied request" not in text_of(pages.get("/jobs/").content)


def test_the_overview_has_it_for_a_day(
    pages_of: PagesOf, ask: Callable[[], ApprovalRequest], owner: User, bob: User, now: datetime
) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    pages = pages_of(owner)
    said = f"Bob Ross approved request {request.number}, “Nightly report”."
    for _ in range(2):
        assert said in text_of(pages.get("/?part=live", headers=HTMX).content)
        pages.get("/")
    ApprovalRequest.objects.update(told_at=timezone.now() - timedelta(days=1))
    assert said not in text_of(pages.get("/").content)


def test_an_approval_that_was_taken_back_is_told_with_that(
    pages_of: PagesOf, ask: Callable[[], ApprovalRequest], owner: User, bob: User, now: datetime
) -> None:
    request = ask()
    approve(request=request, by=bob, now=now)
    revoke_request(request=request, by=bob, reason="Not this week", now=now)
    text = text_of(pages_of(owner).get("/").content)
    said = f"Bob Ross approved request {request.number}, “Nightly report”, which does not hold any more: "
    assert text.count(said) == 2  # above the page, and in its list
    assert "Not this week." in text


def test_of_many_only_some_are_told_one_by_one(
    pages_of: PagesOf, ask: Callable[[], ApprovalRequest], owner: User, bob: User, now: datetime
) -> None:
    for _ in range(5):
        deny(request=ask(), by=bob, reason="No.", now=now)
    text = text_of(pages_of(owner).get("/jobs/").content)
    assert text.count("Bob Ross denied request") == 3
    assert "2 more requests of yours have ended." in text


def test_what_was_asked_for_at_once_goes_by_the_name_of_its_job(
    pages_of: PagesOf, ask: Callable[[], ApprovalRequest], job: Job, owner: User, bob: User, now: datetime
) -> None:
    done = submit(job=job, by=owner, data={"site": "fra"}, files={}, reason="It is time.", now=now)
    assert done.request is not None
    deny(request=done.request, by=bob, reason="No.", now=now)
    said = f"Bob Ross denied request {done.request.number}, “Report”: No."
    assert said in text_of(pages_of(owner).get("/jobs/").content)

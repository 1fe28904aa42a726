"""Saved views above the lists: named, shown to whom they belong, and led to, with the part that htmx asks for."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from tests.schedules.conftest import *  # noqa: F403 - fixtures: make_job
from tests.web.cast import allow, text

from foureyes.models import Job
from foureyes.submission.submit import submit
from foureyes.users.models import SavedView, User

PagesOf = Callable[[User], Client]
SAVE = "/account/views/"
RESULTS = "/jobs/results/"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def alice(alice: User) -> User:
    for model in ("job", "jobresult", "scheduledjob", "event"):
        allow(alice, model, "view")
    return alice


def save(client: Client, name: str, query: str, list_name: str = "results") -> str:
    answer = client.post(SAVE, {"list": list_name, "name": name, "query": query})
    assert answer.status_code == 303
    return str(answer["Location"])


@pytest.mark.parametrize(
    ("url", "list_name", "query"),
    [
        (RESULTS, "results", "state=failed&period=7"),
        ("/jobs/scheduled/", "schedules", "state=paused&sort=next"),
        ("/jobs/", "jobs", "sort=latest&gated=1"),
        ("/govern/audit/", "audit", "about=run&period=30"),
        ("/jobs/approvals/", "approvals", "show=mine&risk=high"),
    ],
)
def test_a_list_is_saved_under_a_name_and_found_again(
    pages_of: PagesOf, alice: User, bob: User, url: str, list_name: str, query: str
) -> None:
    pages = pages_of(alice)
    assert "Save this view" not in text(pages.get(url).content.decode())
    assert "Save this view" in text(pages.get(f"{url}?{query}&cursor=&page=").content.decode())
    assert save(pages, "As I like it", f"{query}&cursor=abc&page=7&evil=1", list_name) == f"{url}?{query}"
    html = pages.get(f"{url}?{query}").content.decode()
    link = f'<a class="chip" href="{url}?{query}" aria-current="true">'.replace("&", "&amp;")
    assert link in html
    assert "As I like it" in text(html)
    assert "“As I like it” was saved. Only you see it." in text(html)
    for model in ("job", "jobresult", "scheduledjob", "event"):
        allow(bob, model, "view")
    assert "As I like it" not in pages_of(bob).get(url).content.decode()


def test_the_part_that_htmx_asks_for_brings_the_form_for_what_is_shown_now(pages_of: PagesOf, alice: User) -> None:
    html = pages_of(alice).get(f"{RESULTS}?state=lost", headers=HTMX).content.decode()
    assert '<div id="views" class="row between mt-1" hx-swap-oob="outerMorph">' in html
    assert '<input type="hidden" name="query" value="state=lost">' in html


def test_a_view_is_deleted_by_its_owner_and_the_list_stays_as_it_is(pages_of: PagesOf, alice: User, bob: User) -> None:
    save(pages_of(alice), "Lost", "state=lost")
    url, sent = f"{SAVE}{SavedView.objects.get().pk}/delete/", {"list": "results", "query": "state=failed"}
    pages_of(bob).post(url, sent)
    assert SavedView.objects.exists()
    for _ in range(2):  # a double click
        assert pages_of(alice).post(url, sent)["Location"] == f"{RESULTS}?state=failed"
    assert not SavedView.objects.exists()


def test_what_cannot_be_saved_is_said_and_the_list_stays_as_it_is(pages_of: PagesOf, alice: User) -> None:
    pages = pages_of(alice)
    assert save(pages, " ", "state=lost") == f"{RESULTS}?state=lost"
    assert "Give the view a name." in text(pages.get(f"{RESULTS}?state=lost").content.decode())
    assert pages.post(SAVE, {"list": "nothing", "name": "x"}).status_code == 404


def test_the_views_of_the_queue_stand_above_it_also_beside_a_request(
    pages_of: PagesOf, alice: User, make_job: Callable[..., Job]
) -> None:
    queue, job = "/jobs/approvals/", make_job(gated=True, approval_required=True)
    allow(alice, "job", "run")
    done = submit(job=job, by=alice, data={}, files={}, reason="It is time.", now=timezone.now())
    assert done.request is not None
    pages = pages_of(alice)
    assert save(pages, "Of this job", f"show=all&job={job.slug}", "approvals") == f"{queue}?job={job.slug}"
    for address in (queue, f"{queue}?show=all", f"{queue}{done.request.pk}/"):
        html = pages.get(address).content.decode()
        assert html.count('id="views"') == 1
        assert f'<a class="chip" href="{queue}?job={job.slug}">' in html
        assert "Manage views" in html
        assert "Save this view" not in html
    part = pages.get(f"{queue}?show=mine", headers={**HTMX, "HX-Target": "div#inbox"}).content.decode()
    assert part.count('id="views"') == 1
    assert '<input type="hidden" name="query" value="show=mine">' in part

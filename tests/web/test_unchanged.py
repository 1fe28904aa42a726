"""Parts that a page asks for again and again: 304 as long as they are the same, and what is new when they are not."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import CDPSession, Page, expect
from tests.serving import until
from tests.web.approvals.test_in_the_browser import ask, caller
from tests.web.browser import PATIENCE, People
from tests.web.cast import Status, run_of
from tests.web.site import Site

from foureyes.models import Job
from foureyes.users.models import User
from foureyes.web.shell.unchanged import or_unchanged

expect.set_options(timeout=PATIENCE)
PagesOf = Callable[[User], Client]
LIVE = "/?part=live"
PART = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def again(client: Client, address: str, tag: str) -> Any:
    return client.get(address, headers={**PART, "If-None-Match": tag})


def test_a_part_that_is_the_same_is_answered_without_a_body(pages_of: PagesOf, owner: User) -> None:
    client = pages_of(owner)
    first = client.get(LIVE, headers=PART)
    answer = again(client, LIVE, first["ETag"])
    assert (first.status_code, answer.status_code, answer.content) == (200, 304, b"")
    assert [answer[name] for name in ("ETag", "Cache-Control", "Vary")] == [
        first[name] for name in ("ETag", "Cache-Control", "Vary")
    ]


def test_compressing_keeps_what_makes_a_part_the_same(pages_of: PagesOf, owner: User) -> None:
    client = pages_of(owner)
    first = client.get(LIVE, headers={**PART, "Accept-Encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    assert again(client, LIVE, first["ETag"]).status_code == 304


def test_what_has_changed_is_sent(pages_of: PagesOf, owner: User, job: Job, now: datetime) -> None:
    client = pages_of(owner)
    tag = client.get(LIVE, headers=PART)["ETag"]
    run_of(job, owner, now, status=Status.FAILED)
    answer = again(client, LIVE, tag)
    assert answer.status_code == 200
    assert answer["ETag"] != tag


def test_a_part_is_not_the_same_for_somebody_else(pages_of: PagesOf, owner: User, bob: User, job: Job) -> None:
    tag = pages_of(owner).get("/jobs/", headers=PART)["ETag"]
    assert again(pages_of(bob), "/jobs/", tag).status_code == 200


def test_a_whole_page_is_always_sent(pages_of: PagesOf, owner: User) -> None:
    client = pages_of(owner)
    tag = client.get("/jobs/", headers=PART)["ETag"]
    answer = client.get("/jobs/", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.has_header("ETag")) == (200, False)


def answered(content: str, *, tag: str = "", secret: str = "one") -> HttpResponse:
    request = HttpRequest()
    request.method = "GET"
    request.META |= {"CSRF_COOKIE": secret} | ({"HTTP_IF_NONE_MATCH": tag} if tag else {})
    return or_unchanged(request, HttpResponse(content))


def test_a_form_is_the_same_with_another_mask_of_its_token_until_the_token_is_void() -> None:
    form = '<form><input type="hidden" name="csrfmiddlewaretoken" value="{}"></form>'
    tag = answered(form.format("abc"))["ETag"]
    assert answered(form.format("def"), tag=tag).status_code == 304
    assert answered(form.format("abc"), tag=tag, secret="two").status_code == 200


def test_a_time_is_the_same_however_long_ago_it_is() -> None:
    time = '<time datetime="{}" title="Tue" data-relative>{}</time>'
    tag = answered(time.format("2026-11-24T09:00:00Z", "3 min ago"))["ETag"]
    assert answered(time.format("2026-11-24T09:00:00Z", "4 min ago"), tag=tag).status_code == 304
    assert answered(time.format("2026-11-24T09:01:00Z", "3 min ago"), tag=tag).status_code == 200


class Wire:
    """What travels when a part of the page asks again."""

    def __init__(self, page: Page, region: str) -> None:
        self.page, self.region = page, region
        self.asked: list[str] = []
        self.answered: dict[str, int] = {}
        wire: CDPSession = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.requestWillBeSent", self._note)
        wire.on("Network.responseReceivedExtraInfo", self._see)

    def _note(self, event: Any) -> None:
        if "HX-Request" in event["request"]["headers"]:
            self.asked.append(event["requestId"])

    def _see(self, event: Any) -> None:
        self.answered[event["requestId"]] = event["statusCode"]

    def poll(self) -> int:
        """Ask once; the status that came from the server, which the browser does not tell the page."""
        before = len(self.asked)
        self.page.evaluate("region => htmx.trigger(region, 'poll')", self.region)
        until(lambda: self._is_answered(before), what="the answer")
        return self.answered[self.asked[before]]

    def _is_answered(self, place: int) -> bool:
        self.page.wait_for_timeout(20)  # events come only while playwright waits
        return len(self.asked) > place and self.asked[place] in self.answered


@pytest.mark.any_database
def test_an_unchanged_queue_travels_as_304_and_a_changed_one_is_shown(site: Site, people: People) -> None:
    call = caller(people.page("alice"))
    first = ask(call, site, "unchanged-1")
    page = people.page("bob")
    page.goto("/jobs/approvals/")
    wire = Wire(page, "#queue")
    since = page.locator(f"#row-{first['number']} time")
    until(lambda: wire.poll() == 304, what="the same list")  # one that counts minutes may come between
    expect(since).to_have_text("just now")
    page.clock.set_fixed_time(datetime.now(UTC) + timedelta(minutes=10, seconds=30))
    until(lambda: wire.poll() == 304, what="the same list, later")
    expect(since).to_have_text("10 min ago")
    second = ask(call, site, "unchanged-2")
    assert wire.poll() == 200
    expect(page.locator(f"#row-{second['number']}")).to_be_visible()


@pytest.mark.any_database
def test_what_waits_is_counted_on_a_page_that_shows_nothing_of_it(site: Site, people: People) -> None:
    call = caller(people.page("alice"))
    page = people.page("bob")
    page.goto("/help/")
    counted = "() => +(document.querySelector('#badge-side .count')?.firstChild.textContent ?? 0)"
    before = page.evaluate(counted)
    ask(call, site, "counted")
    page.evaluate("document.querySelectorAll('[data-poll]').forEach(one => htmx.trigger(one, 'poll'))")
    expect(page.locator("#badge-side")).to_contain_text(str(before + 1))
    expect(page).to_have_title(re.compile(rf"^\({before + 1}\) Help"))

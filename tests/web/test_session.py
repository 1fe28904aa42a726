"""The end of a session: what prolongs it, the warning before it, and what a page says when it is over."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, expect
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.cast import html, text
from tests.web.site import Site

from foureyes.users.models import User

ASK = "/account/session/"
PART = {"HX-Request": "true"}
LIFE = timedelta(days=14)
PagesOf = Callable[[User], Client]
expect.set_options(timeout=PATIENCE)


def ends_in(**length: float) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(**length))


def left() -> timedelta:
    (end,) = Session.objects.values_list("expire_date", flat=True)
    return end - timezone.now()


def wait(page: str) -> int:
    (seconds,) = re.findall(r'hx-get="/account/session/" hx-trigger="load delay:(\d+)s"', page)
    return int(seconds)


@pytest.mark.parametrize("send", ["get", "post"])
def test_what_a_person_does_prolongs_the_session(pages_of: PagesOf, alice: User, send: str) -> None:
    client = pages_of(alice)
    ends_in(days=3)
    getattr(client, send)("/account/", headers=PART if send == "post" else {})
    assert left() > LIFE - timedelta(minutes=1)


@pytest.mark.parametrize("address", ["/?part=live", ASK, "/account/badge/", "/jobs/approvals/"])
def test_what_a_page_asks_for_by_itself_does_not(pages_of: PagesOf, alice: User, address: str) -> None:
    client = pages_of(alice)
    ends_in(days=3)
    html(client, address, headers=PART)
    assert left() < timedelta(days=3)


def test_a_session_is_written_only_when_a_tenth_of_its_life_is_gone(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    ends_in(days=13)
    with CaptureQueriesContext(connection) as seen:
        html(client, "/help/")
    assert not [one for one in seen.captured_queries if "UPDATE" in one["sql"]]


def test_a_page_asks_two_minutes_before_the_end_and_once_a_day_at_least(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    assert wait(html(client, "/help/")) == 24 * 3600 + 1
    ends_in(minutes=12)
    assert 599 <= wait(html(client, ASK, headers=PART)) <= 601


def test_near_its_end_the_session_is_kept_by_one_key(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    assert "Your session ends" not in html(client, ASK, headers=PART)
    ends_in(seconds=110)
    warned = html(client, ASK, headers=PART)
    assert f"Your session ends at {timezone.localtime(Session.objects.get().expire_date):%H:%M}." in text(warned)
    assert 'accesskey="y" data-press="y"' in warned
    assert 109 <= wait(warned) <= 112
    stays = client.get(f"{ASK}?stay", headers=PART)
    assert "Your session ends" not in stays.content.decode()
    assert "You stay signed in." in stays["HX-Trigger"]
    assert left() > LIFE - timedelta(minutes=1)


def test_when_it_is_over_the_page_says_so_and_takes_the_warning_away(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    ends_in(seconds=-1)
    answer = client.get(ASK, headers=PART)
    assert answer["HX-Retarget"] == "#flash"
    assert "Your session has ended." in answer.content.decode()
    assert '<div id="session" hx-swap-oob="innerHTML"></div>' in answer.content.decode()


def test_the_address_itself_is_no_page(pages_of: PagesOf, alice: User) -> None:
    assert pages_of(alice).get(ASK)["Location"] == "/account/"


def test_the_length_of_a_session_is_a_setting(pages_of: PagesOf, alice: User, settings: Any) -> None:
    settings.SESSION_COOKIE_AGE = 30 * 60
    client = pages_of(alice)
    assert 27 * 60 < wait(html(client, "/help/")) <= 28 * 60 + 1


@pytest.mark.any_database
def test_a_page_warns_before_the_end_and_keeps_what_was_typed(site: Site, people: People) -> None:
    page = people.page("alice")
    page.clock.install()
    page.goto(site.run_path("Count words"))
    field = page.get_by_label("Text")
    field.fill("typed with care")
    warning = page.get_by_text("Your session ends at")
    _asked_again(page, site, seconds=100)
    expect(warning).to_be_visible()
    expect(field).to_be_focused()
    assert blemishes(page) == []
    field.blur()
    page.keyboard.press("y")
    expect(page.get_by_text("You stay signed in.")).to_be_visible()
    expect(warning).to_have_count(0)
    _asked_again(page, site, seconds=100)
    expect(warning).to_be_visible()
    _asked_again(page, site, seconds=-1)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(warning).to_have_count(0)
    expect(field).to_have_value("typed with care")
    people.states.pop("alice")


def _asked_again(page: Page, site: Site, *, seconds: int) -> None:
    """The session is to end so soon, and the page's time has come to ask."""
    (key,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    end = timezone.now().replace(tzinfo=None) + timedelta(seconds=seconds)
    with sqlite3.connect(site.folder / "foureyes.sqlite3", timeout=30) as database:
        changed = database.execute("UPDATE django_session SET expire_date = ? WHERE session_key = ?", (str(end), key))
    assert changed.rowcount == 1
    expect(page.locator(".htmx-request")).to_have_count(0)  # the leap in time would be too long for one under way
    with page.expect_response("**/account/session/"):
        page.clock.fast_forward("24:00:02")

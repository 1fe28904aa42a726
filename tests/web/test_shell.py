"""The shell around every page: who may see it, the menu, the policy, themes, widths."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.web.browser import NARROW, WIDE, People, findings, overflow

from foureyes.users.models import User

OPEN = {"account_login", "account_logout", "theme", "health", "calendar-feed"}  # for people who are not signed in

PagesOf = Callable[[User], Client]


def _web_patterns(resolver: Any = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if str(entry.pattern) != "api/":
                yield from _web_patterns(entry)
        else:
            yield entry


@pytest.mark.parametrize("pattern", list(_web_patterns()), ids=lambda pattern: str(pattern.name))
def test_every_page_asks_who_is_there(pattern: URLPattern) -> None:
    assert pattern.name in OPEN or getattr(pattern.callback, "for_signed_in", False)


def test_signed_out_people_are_sent_to_sign_in_and_back(client: Client, db: None) -> None:
    answer = client.get("/help/components/?a=b")
    assert answer.status_code == 302
    assert answer["Location"] == "/account/sign-in/?next=/help/components/%3Fa%3Db"


def test_the_policy_allows_nothing_inline(pages_of: PagesOf, alice: User) -> None:
    answer = pages_of(alice).get("/help/components/")
    policy = answer["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert "default-src 'none'" in policy
    html = answer.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", html)


def test_pages_are_private_and_vary_by_what_htmx_asks(pages_of: PagesOf, alice: User) -> None:
    answer = pages_of(alice).get("/help/components/")
    assert "private" in answer["Cache-Control"]
    assert {"HX-Request", "HX-Request-Type"} <= set(re.split(r",\s*", answer["Vary"]))


def test_who_sees_nothing_has_a_menu_without_what_needs_a_right(pages_of: PagesOf, dave: User) -> None:
    html = pages_of(dave).get("/help/components/").content.decode()
    menu = html[html.index("<nav") : html.index("</nav>")]
    assert "Workers &amp; Queues" not in menu
    assert "Job Results" not in menu


def test_an_unknown_address_says_so_in_the_shell(pages_of: PagesOf, alice: User) -> None:
    answer = pages_of(alice).get("/no/such/page/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()


def test_the_theme_is_kept_and_goes_back_only_to_our_own_pages(client: Client, db: None) -> None:
    answer = client.post("/account/theme/", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"
    assert answer.cookies["theme"].value == "dark"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_components_are_accessible_in_both_themes_and_widths(people: People, theme: str, size: tuple[int, int]) -> None:
    page = people.page("alice", theme=theme, size=size)
    page.goto("/help/components/")
    assert findings(page) == []
    assert overflow(page) <= 0


def test_the_menu_opens_on_a_narrow_screen_without_scripts(people: People) -> None:
    page = people.page("alice", size=NARROW, js=False)
    page.goto("/help/components/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Menu").wait_for()


def test_a_wrong_password_says_so_and_keeps_the_name(people: People) -> None:
    page = people.page()
    page.goto("/account/sign-in/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_label("User name").input_value() == "alice"

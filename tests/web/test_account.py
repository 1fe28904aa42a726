"""A person's own pages: profile, password, tokens."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from playwright.sync_api import expect
from tests.web.browser import PATIENCE, People, blemishes
from tests.web.site import Site

from foureyes.users.models import Token, User
from foureyes.users.tokens import digest_of

expect.set_options(timeout=PATIENCE)
PagesOf = Callable[[User], Client]
SECRET = "long-enough-4711"


def test_the_profile_is_changed_and_times_follow_its_zone(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    sent = {"first_name": "Alice", "last_name": "Arden", "email": "", "time_zone": "Asia/Kathmandu", "shortcuts": "on"}
    answer = client.post("/account/", sent, follow=True)
    assert "Alice Arden" in answer.content.decode()
    assert "Kathmandu" in answer.content.decode()


def test_an_unknown_zone_is_told_at_its_field_with_what_was_typed(pages_of: PagesOf, alice: User) -> None:
    answer = pages_of(alice).post("/account/", {"first_name": "Al", "time_zone": "Europe/Berln"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="time_zone-error"' in page
    assert 'value="Europe/Berln"' in page
    assert 'value="Al"' in page
    assert 'name="shortcuts" checked' not in page  # switched off in the same form
    assert re.search(r'id="time_zone"[^>]* data-focus', page)
    assert page.count(" data-focus") == 1


def test_letters_are_switched_off(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    assert 'data-shortcuts="on"' in client.get("/account/").content.decode()
    answer = client.post("/account/", {"time_zone": ""}, follow=True)
    assert 'data-shortcuts="off"' in answer.content.decode()


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"current": "wrong", "password": SECRET, "again": SECRET}, "current"),
        ({"current": "old-password-1", "password": "short", "again": "short"}, "password"),
        ({"current": "old-password-1", "password": SECRET, "again": "other"}, "again"),
    ],
)
def test_a_password_that_cannot_be_taken_is_told_at_its_field(
    pages_of: PagesOf, alice: User, sent: dict[str, str], field: str
) -> None:
    alice.set_password("old-password-1")
    alice.save()
    answer = pages_of(alice).post("/account/password/", sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert SECRET not in answer.content.decode()


def test_a_changed_password_keeps_this_session_and_ends_others(pages_of: PagesOf, alice: User) -> None:
    alice.set_password("old-password-1")
    alice.save()
    here, elsewhere = pages_of(alice), pages_of(alice)
    here.post("/account/password/", {"current": "old-password-1", "password": SECRET, "again": SECRET})
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert User.objects.get(pk=alice.pk).check_password(SECRET)


def test_a_token_is_shown_once_and_works(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    answer = client.post("/account/tokens/", {"description": "backup script", "days": "30", "write_enabled": "on"})
    key = answer.content.decode().split('id="new-token">')[1].split("<")[0]
    token = Token.objects.get()
    assert token.digest == digest_of(key)
    assert not token.may_decide
    assert "no-store" in answer["Cache-Control"]
    assert key not in client.get("/account/tokens/").content.decode()


@pytest.mark.parametrize(
    ("sent", "field"), [({"days": "30"}, "description"), ({"description": "x", "days": "0"}, "days")]
)
def test_a_token_needs_a_purpose_and_an_end(pages_of: PagesOf, alice: User, sent: dict[str, str], field: str) -> None:
    answer = pages_of(alice).post("/account/tokens/", sent)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.content.decode()
    assert not Token.objects.exists()


def test_tokens_of_others_are_there_for_administrators_only(
    pages_of: PagesOf, alice: User, admin: User, dave: User
) -> None:
    pages_of(alice).post("/account/tokens/", {"description": "of alice", "days": "30"})
    token = Token.objects.get()
    assert "of alice" not in pages_of(dave).get("/account/tokens/?all=1").content.decode()
    assert pages_of(dave).post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    client = pages_of(admin)
    assert "of alice" in client.get("/account/tokens/?all=1").content.decode()
    assert "refused from then on" in client.get(f"/account/tokens/{token.pk}/revoke/").content.decode()
    client.post(f"/account/tokens/{token.pk}/revoke/")
    assert not Token.objects.exists()


def test_signing_out_ends_the_session(pages_of: PagesOf, alice: User) -> None:
    client = pages_of(alice)
    client.post("/account/sign-out/")
    assert client.get("/account/").status_code == 302


def test_the_palette_finds_and_runs_by_keys(site: Site, people: People) -> None:
    page = people.page("alice")
    page.goto("/help/")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Search or run a command").fill("count w")
    expect(page.get_by_role("option", name="Run Count words")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{site.run_path('Count words')}")


@pytest.mark.any_database
def test_own_pages_are_accessible_in_both_themes_and_widths(site: Site, people: People) -> None:
    page = people.page("alice")
    for address in ("/account/", "/account/tokens/", "/search/?q=count", "/search/?q=nothing-like-it", "/help/"):
        page.goto(address)
        assert blemishes(page) == [], address

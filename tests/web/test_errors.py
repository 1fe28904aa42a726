"""Errors as people see them: a page with a sentence, never JSON, never a traceback."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from psycopg import errors

from foureyes.users.models import User
from foureyes.web.errors import crashed
from foureyes.web.tags import matched

PagesOf = Callable[[User], Client]


def test_a_body_that_is_too_large_is_told_on_a_page(pages_of: PagesOf, alice: User) -> None:
    headers = {"Content-Length": str(10**12)}
    answer = pages_of(alice).generic("POST", "/account/", b"a=b", "application/x-www-form-urlencoded", headers=headers)
    assert answer.status_code == 413
    assert "That is too large" in answer.content.decode()
    assert "The request is larger than 10 MB, the most allowed." in answer.content.decode()


def test_an_address_that_nobody_could_have_typed_is_told_on_a_page(client: Client) -> None:
    answer = client.get("/jobs/?q=%00")
    assert answer.status_code == 400
    assert "This request cannot be taken" in answer.content.decode()


def test_programs_still_get_json(client: Client) -> None:
    assert client.get("/api/status/?q=%00").json() == {"detail": "A parameter has a null character."}


@pytest.mark.parametrize(("error", "status"), [(OperationalError("no database"), 503), (ValueError("bug"), 500)])
def test_a_crash_tells_no_detail_and_a_silent_database_says_to_wait(error: Exception, status: int) -> None:
    request = HttpRequest()
    request.path, request.method = "/jobs/", "GET"
    answer: Any = None
    try:
        raise error
    except Exception:
        answer = crashed(request)
    assert answer.status_code == status
    page = answer.content.decode()
    assert str(error) not in page
    assert ("tries again by itself" in page) == (status == 503)


def test_a_row_that_is_deleted_meanwhile_is_told() -> None:
    request = HttpRequest()
    request.path, request.method = "/jobs/", "POST"
    answer: Any = None
    try:
        raise User.DoesNotExist
    except User.DoesNotExist:
        answer = crashed(request)
    assert answer.status_code == 409
    assert "deleted in the meantime" in answer.content.decode()


def test_a_page_for_which_the_database_took_too_long_does_not_try_again() -> None:
    request = HttpRequest()
    request.path, request.method = "/jobs/", "GET"
    answer: Any = None
    try:
        raise OperationalError("canceling statement") from errors.QueryCanceled()
    except OperationalError:
        answer = crashed(request)
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "That took too long" in page
    assert "tries again by itself" not in page


def test_a_post_that_does_not_prove_itself_is_refused_on_a_page(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/account/", {"first_name": "Al"})
    assert answer.status_code == 403
    assert "Nothing was changed." in answer.content.decode()


def test_a_permission_that_is_missing_is_named_with_who_can_give_it(
    pages_of: PagesOf, alice: User, admin: User
) -> None:
    User.objects.filter(pk=admin.pk).update(first_name="Mara", last_name="Thorsen")
    page = pages_of(alice).get("/admin/workers/")
    assert page.status_code == 403
    text = page.content.decode()
    assert "That takes the permission extras.view_worker. Ask an administrator: Mara Thorsen." in text


def test_an_address_without_a_page_offers_to_search(pages_of: PagesOf, alice: User, client: Client) -> None:
    assert 'action="/search/"' in pages_of(alice).get("/no/such/page/").content.decode()
    signed_out = client.get("/no/such/page/").content.decode()
    assert "Sign in" in signed_out
    assert 'action="/search/"' not in signed_out


@pytest.mark.parametrize(
    ("before", "leads_to"),
    [
        ("http://testserver/jobs/scheduled/?q=a&sort=next", "/jobs/scheduled/?q=a&amp;sort=next"),
        ("http://testserver/no/such/page/", None),
        ("https://elsewhere.example/jobs/", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_a_refusal_leads_back_to_the_page_of_ours_that_it_came_from(
    pages_of: PagesOf, alice: User, before: str, leads_to: str | None
) -> None:
    page = pages_of(alice).get("/no/such/page/", headers={"Referer": before}).content.decode()
    found = re.search(r'href="([^"]+)">Back to the page before', page)
    assert (found[1] if found else None) == leads_to


def test_a_page_that_is_not_there_has_the_clock_of_the_person(pages_of: PagesOf, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Kathmandu")
    assert "Kathmandu" in pages_of(alice).get("/no/such/page/").content.decode()


def test_an_address_that_takes_posts_only_leads_to_its_page(pages_of: PagesOf, alice: User) -> None:
    """A refused post leaves it in the browser, where it is loaded again, kept and sent to others."""
    client = pages_of(alice)
    assert client.get("/account/password/")["Location"] == "/account/"
    assert client.get("/jobs/approvals/0190e4a1-0000-7000-8000-000000000000/deny/?show=me")["Location"] == (
        "/jobs/approvals/0190e4a1-0000-7000-8000-000000000000/?show=me"
    )
    assert client.put("/account/password/").status_code == 405


def test_what_is_found_has_the_words_that_were_sought_set_apart() -> None:
    assert matched("Rotate <edge>", "ROT") == "<b>Rot</b>ate &lt;edge&gt;"
    assert matched("Rotate", "") == "Rotate"

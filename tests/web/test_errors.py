"""Errors as people see them: a page with a sentence, never JSON, never a traceback."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.test import Client
from psycopg import errors

from foureyes.users.models import User
from foureyes.web.errors import crashed

PagesOf = Callable[[User], Client]


def test_a_body_that_is_too_large_is_told_on_a_page(pages_of: PagesOf, alice: User) -> None:
    headers = {"Content-Length": str(10**12)}
    answer = pages_of(alice).generic("POST", "/account/", b"a=b", "application/x-www-form-urlencoded", headers=headers)
    assert answer.status_code == 413
    assert "That is too large" in answer.content.decode()


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

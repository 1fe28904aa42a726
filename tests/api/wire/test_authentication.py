from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from rest_framework.test import APIClient

from foureyes.users.models import User
from foureyes.users.tokens import issue_token


def ask(authorization: str | None) -> tuple[int, str]:
    headers = {"Authorization": authorization} if authorization else {}
    answer = APIClient().get("/api/status/", headers=headers)
    assert "WWW-Authenticate" not in answer
    return answer.status_code, answer.json().get("detail", "")


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        (None, "Authentication credentials were not provided."),
        ("Bearer abc", "Authentication credentials were not provided."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        (f"Token {'f' * 40}", "Invalid token"),
    ],
)
def test_bad_credentials_are_a_403(db: None, header: str | None, detail: str) -> None:
    assert ask(header) == (403, detail)


def test_scheme_is_read_in_any_case(alice: User, now: datetime) -> None:
    assert ask(f"tOKEN {issue_token(user=alice, now=now).key}")[0] == 200


def test_expired_token_is_named_so(alice: User, now: datetime) -> None:
    past = datetime(2020, 1, 1, tzinfo=now.tzinfo)
    key = issue_token(user=alice, now=now, expires=past + timedelta(days=1)).key
    assert ask(f"Token {key}") == (403, "Token expired")


def test_token_of_inactive_user_is_refused(alice: User, now: datetime) -> None:
    key = issue_token(user=alice, now=now).key
    alice.is_active = False
    alice.save()
    assert ask(f"Token {key}") == (403, "User inactive")


def test_session_needs_the_csrf_token_to_write(admin: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(admin)
    assert client.get("/api/status/").status_code == 200
    answer = client.post("/api/extras/jobs/x/run/")
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("CSRF Failed:")


def test_basic_credentials_are_not_read_here(client_of: Callable[..., APIClient], db: None) -> None:
    assert ask("Basic YTpi") == (403, "Authentication credentials were not provided.")

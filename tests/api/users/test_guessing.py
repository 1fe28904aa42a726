import base64
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.conf import Conf, get_conf
from foureyes.users.models import Token, User

PASSWORD = "quiet-lantern-4711"


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Two wrong attempts are enough, and passwords are checked fast."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    few = get_conf().model_copy(update={"wrong_attempts_per_account": 2, "wrong_attempts_per_address": 4})
    monkeypatch.setattr("foureyes.users.attempts.get_conf", lambda: few)


@pytest.fixture
def sign_in(strict: None, alice: User) -> Callable[..., Any]:
    """Asks for a token with a name and a password."""
    alice.set_password(PASSWORD)
    alice.is_superuser = True
    alice.save()

    def ask(password: str, name: str = "alice", address: str = "192.0.2.1") -> Any:
        word = base64.b64encode(f"{name}:{password}".encode()).decode()
        return APIClient(headers={"Authorization": f"Basic {word}"}).post(
            "/api/users/tokens/", {"description": "new"}, REMOTE_ADDR=address
        )

    return ask


def test_right_password_makes_a_token(sign_in: Callable[..., Any]) -> None:
    assert sign_in(PASSWORD).status_code == 201


def test_too_many_wrong_passwords_are_a_429_even_for_the_right_one(sign_in: Callable[..., Any]) -> None:
    assert [sign_in("wrong").status_code for _ in range(3)] == [403, 403, 429]
    answer = sign_in(PASSWORD)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Try again in" in answer.json()["detail"]
    assert not Token.objects.exists()


def test_name_that_does_not_exist_is_answered_like_one_that_does(sign_in: Callable[..., Any]) -> None:
    answers = [sign_in("wrong", name="nobody") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 403, 429]
    assert answers[0].json() == sign_in("wrong").json()


def test_others_of_the_office_sign_in_meanwhile(sign_in: Callable[..., Any]) -> None:
    for _ in range(3):
        sign_in("wrong", name="nobody")
    assert sign_in(PASSWORD).status_code == 201


def test_too_many_wrong_tokens_are_a_429_and_a_right_one_works(
    strict: None, client_of: Callable[..., APIClient], alice: User
) -> None:
    guess = APIClient(headers={"Authorization": f"Token {'f' * 40}"})
    assert [guess.get("/api/status/").status_code for _ in range(5)] == [403, 403, 403, 403, 429]
    assert guess.get("/api/status/", headers={"Accept": "text/html"}).status_code == 429
    assert client_of(alice).get("/api/status/").status_code == 200


def test_client_behind_a_proxy_is_told_apart(sign_in: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    behind: Conf = get_conf().model_copy(update={"proxies": 1})
    monkeypatch.setattr("foureyes.users.addresses.get_conf", lambda: behind)

    def status(client: str) -> int:
        headers = {"Authorization": f"Token {'f' * 40}", "X-Forwarded-For": f"198.51.100.9, {client}"}
        return APIClient(headers=headers).get("/api/status/", REMOTE_ADDR="127.0.0.1").status_code

    assert [status("192.0.2.1") for _ in range(5)][-1] == 429
    assert status("192.0.2.2") == 403

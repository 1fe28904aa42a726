"""Signing in: where it leads, and that guessing waits, on every page that asks for a password."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from foureyes.conf import get_conf
from foureyes.users import addresses, attempts
from foureyes.users.attempts import TooManyAttempts
from foureyes.users.models import AttemptCount, User

ADDRESS = "/account/sign-in/"
PASSWORD = "quiet-lantern-4711"
PagesOf = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    few = get_conf().model_copy(update={"wrong_attempts_per_account": 2, "wrong_attempts_per_address": 4})
    monkeypatch.setattr(attempts, "get_conf", lambda: few)
    monkeypatch.setattr(addresses, "get_conf", lambda: few)


@pytest.fixture
def erin(db: None) -> User:
    return User.objects.create_user("erin", password=PASSWORD)


def try_it(name: str = "erin", password: str = "wrong", **headers: str) -> tuple[int, str]:
    answer = Client().post(ADDRESS, {"login": name, "password": password}, **headers)
    return answer.status_code, answer.content.decode()


def test_who_guesses_is_told_how_long_to_wait_and_the_right_password_waits_too(erin: User) -> None:
    assert [try_it()[0] for _ in range(3)] == [200, 200, 429]
    answer = Client().post(ADDRESS, {"login": "erin", "password": PASSWORD})
    page = answer.content.decode()
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= get_conf().wrong_attempts_seconds + 1
    assert "Too many wrong attempts. Try again in" in page
    assert 'value="erin"' in page
    assert PASSWORD not in page
    assert "no-store" in answer["Cache-Control"]


def test_the_right_password_forgets_the_wrong_ones(erin: User) -> None:
    assert try_it()[0] == 200
    assert try_it(password=PASSWORD)[0] == 302
    assert try_it()[0] == 200
    assert try_it(password=PASSWORD)[0] == 302


def test_names_that_do_not_exist_wait_alike(erin: User) -> None:
    assert [try_it("nobody")[0] for _ in range(3)] == [200, 200, 429]


def test_many_names_from_one_address_wait(erin: User) -> None:
    assert [try_it(f"name{number}")[0] for number in range(5)] == [200, 200, 200, 200, 429]


def test_a_forged_header_does_not_make_another_address(erin: User) -> None:
    found = [try_it(HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")[0] for number in range(3)]
    assert found == [200, 200, 429]


def test_pages_and_api_count_together(erin: User) -> None:
    for _ in range(2):
        wrong = Client().post("/api/users/tokens/", HTTP_AUTHORIZATION="Basic ZXJpbjp3cm9uZw==")
        assert wrong.status_code == 403
    assert try_it()[0] == 429


def test_guessing_the_current_password_in_an_open_session_waits(pages_of: PagesOf, erin: User) -> None:
    client = pages_of(erin)
    sent = {"current": "wrong", "password": "long-enough-4711", "again": "long-enough-4711"}
    assert [client.post("/account/password/", sent).status_code for _ in range(3)] == [422, 422, 429]
    answer = client.post("/account/password/", {**sent, "current": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "Try again in" in answer.content.decode()
    assert User.objects.get(pk=erin.pk).check_password(PASSWORD)


def test_a_session_gets_another_key_when_somebody_signs_in(erin: User) -> None:
    client = Client()
    client.get(ADDRESS)
    client.session.save()
    client.cookies["sessionid"] = before = "a" * 32
    client.post(ADDRESS, {"login": "erin", "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(erin.pk)
    assert client.cookies["sessionid"].value != before


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/jobs/results/?state=failed", "/jobs/results/?state=failed"),
        ("https://example.org/", "/"),
        ("//example.org/", "/"),
        ("/\\example.org", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_signing_in_leads_on_within_the_installation_only(erin: User, wanted: str, goes_to: str) -> None:
    answer = Client().post(ADDRESS, {"login": "erin", "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, goes_to)


def test_an_account_that_is_off_stays_out_and_is_counted(erin: User) -> None:
    User.objects.filter(pk=erin.pk).update(is_active=False)
    assert [try_it(password=PASSWORD)[0] for _ in range(3)] == [200, 200, 429]
    assert AttemptCount.objects.exists()


def test_what_does_not_fit_is_told_without_saying_which(erin: User) -> None:
    for name in ("erin", "nobody"):
        assert "User name and password do not fit. Type both again." in try_it(name)[1]


def test_a_long_wait_is_told_in_minutes(now: datetime) -> None:
    waits = {90: "90 seconds", 273: "5 minutes"}
    for seconds, words in waits.items():
        assert str(TooManyAttempts(now + timedelta(seconds=seconds - 1), now)).endswith(f"Try again in {words}.")

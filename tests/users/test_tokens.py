"""Tokens: keys are shown once and kept as digests; unknown, expired and inactive ones are refused."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.errors import Invalid, NotAllowed
from foureyes.users.models import Token, User
from foureyes.users.tokens import digest_of, find_token, issue_token

KEY = "0123456789abcdef" * 2 + "01234567"


def test_a_new_token_has_a_key_that_is_not_stored(alice: User, now: datetime) -> None:
    token, key = issue_token(user=alice, description="ci", now=now)
    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")
    stored = Token.objects.values().get(pk=token.pk)
    assert key not in map(str, stored.values())
    assert (stored["digest"], stored["hint"], stored["created"]) == (digest_of(key), key[-6:], now)
    assert str(token) == f"{key[-6:]} (alice)"


def test_a_given_key_is_taken(alice: User, now: datetime) -> None:
    assert issue_token(user=alice, key=KEY, now=now).key == KEY
    assert find_token(KEY, now=now).user == alice


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "Ensure this field has at least 40 characters."),
        (KEY[:-1], "Ensure this field has at least 40 characters."),
        (KEY + "8", "Ensure this field has no more than 40 characters."),
        (KEY[:-1] + " ", "Keys consist of printable ASCII characters without spaces: they are sent in a header."),
        (KEY[:-1] + "ü", "Keys consist of printable ASCII characters without spaces: they are sent in a header."),
    ],
)
def test_other_keys_are_refused(alice: User, now: datetime, key: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        issue_token(user=alice, key=key, now=now)
    assert refusal.value.fields == {"key": [sentence]}


def test_a_key_exists_once(alice: User, bob: User, now: datetime) -> None:
    issue_token(user=alice, key=KEY, now=now)
    with pytest.raises(Invalid) as refusal:
        issue_token(user=bob, key=KEY, now=now)
    assert refusal.value.fields == {"key": ["token with this key already exists."]}


def test_an_unknown_key_is_refused(alice: User, now: datetime) -> None:
    issue_token(user=alice, key=KEY, now=now)
    for unknown in ("", KEY.upper(), KEY[:-1] + "0", digest_of(KEY)):
        with pytest.raises(NotAllowed, match="Invalid token") as refusal:
            find_token(unknown, now=now)
        assert refusal.value.code == "token_invalid"


def test_a_token_ends_at_its_instant(alice: User, now: datetime) -> None:
    issue_token(user=alice, key=KEY, expires=now + timedelta(seconds=1), now=now)
    assert find_token(KEY, now=now)
    with pytest.raises(NotAllowed, match="Token expired"):
        find_token(KEY, now=now + timedelta(seconds=1))


def test_an_inactive_person_has_no_token(alice: User, now: datetime) -> None:
    issue_token(user=alice, key=KEY, now=now)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(NotAllowed, match="User inactive"):
        find_token(KEY, now=now)


def test_the_use_is_noted_now_and_then(alice: User, now: datetime, django_assert_num_queries: Any) -> None:
    token = issue_token(user=alice, key=KEY, now=now).token
    assert find_token(KEY, now=now).last_used_at == now
    with django_assert_num_queries(1):
        find_token(KEY, now=now + timedelta(minutes=4))
    later = now + timedelta(minutes=5)
    find_token(KEY, now=later)
    token.refresh_from_db()
    assert token.last_used_at == later

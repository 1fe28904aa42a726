"""Tokens are made, changed and deleted with a fact that does not hold the key; a lesser token makes no greater one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.errors import Invalid, NotAllowed
from foureyes.models import Event
from foureyes.people.tokens import create_token, delete_token, edit_token
from foureyes.users.models import Token, User
from foureyes.users.tokens import digest_of, find_token

Told = Callable[[], list[tuple[Any, ...]]]
KEY = "f" * 34 + "123456"


def test_a_token_is_made_changed_and_deleted(alice: User, now: datetime, told: Told) -> None:
    token, key = create_token(user=alice, description="ci", by=alice, now=now)
    edit_token(token=token, changes={"write_enabled": False, "expires": now + timedelta(days=1)}, by=alice, now=now)
    assert not find_token(key, now=now).write_enabled
    delete_token(token=token, by=alice, now=now)
    text = f"{key[-6:]} (alice)"
    assert told() == [(f"token.{what}", "alice", text) for what in ("issued", "edited", "deleted")]
    everything = str(list(Event.objects.values()))
    assert key not in everything
    assert digest_of(key) not in everything


def test_a_new_key_replaces_the_old_one(alice: User, now: datetime) -> None:
    token, key = create_token(user=alice, by=alice, now=now)
    edit_token(token=token, changes={"key": KEY}, by=alice, now=now)
    assert find_token(KEY, now=now).pk == token.pk
    with pytest.raises(NotAllowed):
        find_token(key, now=now)
    assert Event.objects.get(kind="token.edited").data == {"changed": {"hint": [key[-6:], "123456"]}}


def test_a_key_in_use_is_refused(alice: User, bob: User, now: datetime) -> None:
    create_token(user=bob, key=KEY, by=bob, now=now)
    token = create_token(user=alice, by=alice, now=now).token
    for attempt in (
        lambda: create_token(user=alice, key=KEY, by=alice, now=now),
        lambda: edit_token(token=token, changes={"key": KEY}, by=alice, now=now),
    ):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert refusal.value.fields == {"key": ["token with this key already exists."]}


def test_long_descriptions_are_refused(alice: User, now: datetime) -> None:
    token = create_token(user=alice, by=alice, now=now).token
    for attempt in (
        lambda: create_token(user=alice, description="x" * 201, by=alice, now=now),
        lambda: edit_token(token=token, changes={"description": "x" * 201}, by=alice, now=now),
    ):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert list(refusal.value.fields) == ["description"]
    assert Token.objects.count() == 1


def test_a_token_that_may_not_decide_makes_none_that_may(alice: User, now: datetime) -> None:
    script = create_token(user=alice, may_decide=False, by=alice, now=now).token
    person = create_token(user=alice, by=alice, now=now).token
    attempts: list[Callable[[], Any]] = [
        lambda: create_token(user=alice, by=alice, using=script, now=now),
        lambda: edit_token(token=script, changes={"may_decide": True}, by=alice, using=script, now=now),
        lambda: edit_token(token=person, changes={"key": KEY}, by=alice, using=script, now=now),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed) as refusal:
            attempt()
        assert refusal.value.code == "token_may_not_decide"
    assert create_token(user=alice, may_decide=False, by=alice, using=script, now=now)
    assert create_token(user=alice, by=alice, using=person, now=now)

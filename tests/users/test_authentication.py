"""Signing in with name and password, and sessions of accounts that become inactive."""

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from foureyes.users.authentication import AccountBackend
from foureyes.users.models import User

PASSWORD = "quiet-lantern-4711"


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("erin", password=PASSWORD)


def test_name_and_password_sign_in(person: User) -> None:
    assert authenticate(None, username="erin", password=PASSWORD) == person


@pytest.mark.parametrize(
    ("name", "password"),
    [("erin", "wrong"), ("erin", ""), ("Erin", PASSWORD), ("nobody", PASSWORD), ("", ""), ("er\x00in", PASSWORD)],
)
def test_anything_else_does_not(person: User, name: str, password: str) -> None:
    assert authenticate(None, username=name, password=password) is None


def test_an_inactive_account_does_not(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert authenticate(None, username="erin", password=PASSWORD) is None


def test_an_account_without_password_does_not(alice: User) -> None:
    assert authenticate(None, username="alice", password="") is None


def test_a_session_ends_with_the_account(person: User, client: Client) -> None:
    client.force_login(person)
    assert AccountBackend().get_user(person.pk) == person
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert AccountBackend().get_user(person.pk) is None

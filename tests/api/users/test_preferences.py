"""A person's own preferences on the wire."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from foureyes.users.models import User

CONFIG = "/api/users/config/"


def test_preferences_are_merged_and_shown(client_of: Callable[..., APIClient], dave: User) -> None:
    client = client_of(dave)
    first = client.get(CONFIG)
    assert (first.status_code, first.json()) == (200, {})
    assert "API-Version" not in first
    assert set(first["Allow"].split(", ")) == {"GET", "PATCH", "HEAD", "OPTIONS"}
    client.patch(CONFIG, {"tables": {"jobs": ["name"]}, "a": 1})
    assert client.patch(CONFIG, {"tables": {"runs": []}}).json() == {"tables": {"jobs": ["name"], "runs": []}, "a": 1}
    assert client.get(CONFIG).json()["a"] == 1


@pytest.mark.parametrize("sent", [[], "x", 1])
def test_only_objects_are_taken(client_of: Callable[..., APIClient], dave: User, sent: object) -> None:
    answer = client_of(dave).patch(CONFIG, sent)
    assert (answer.status_code, answer.json()) == (400, {"non_field_errors": ["Preferences are an object."]})


def test_preferences_need_an_account_and_a_writing_token(client_of: Callable[..., APIClient], dave: User) -> None:
    assert client_of(None).get(CONFIG).status_code == 403
    assert client_of(dave, write_enabled=False).patch(CONFIG, {"a": 1}).status_code == 403


def test_the_root_names_the_parts(client_of: Callable[..., APIClient]) -> None:
    answer = client_of(None).get("/api/users/")
    assert list(answer.json()) == ["config", "groups", "permissions", "tokens", "users"]
    assert answer.json()["tokens"] == "http://testserver/api/users/tokens/"

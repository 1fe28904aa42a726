"""Tokens on the wire: one's own only, the key shown once, and Basic authentication here and nowhere else."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.users.models import ObjectPermission, Token, User
from foureyes.users.tokens import find_token, issue_token

TOKENS = "/api/users/tokens/"
WORDS = "quiet-lantern-4711"
KEY = "0123456789abcdef" * 2 + "01234567"


@pytest.fixture
def own(alice: User, permit: Callable[..., ObjectPermission]) -> ObjectPermission:
    alice.set_password(WORDS)
    alice.save()
    return permit(alice, "view add change delete", Token)


def basic(name: str, password: str) -> APIClient:
    credentials = base64.b64encode(f"{name}:{password}".encode()).decode()
    return APIClient(headers={"Authorization": f"Basic {credentials}", "Accept": "application/json; version=1.3"})


def test_name_and_password_make_the_first_token(own: ObjectPermission, alice: User, now: datetime) -> None:
    answer = basic("alice", WORDS).post(TOKENS, {"description": "from basic"})
    assert answer.status_code == 201, answer.json()
    token = Token.objects.get()
    shown = answer.json()
    key = shown["key"]
    assert find_token(key, now=now).user == alice
    assert shown.pop("created").endswith("Z")
    assert shown == {
        "id": str(token.pk),
        "url": f"http://testserver/api/users/tokens/{token.pk}/",
        "display": f"{key[-6:]} (alice)",
        "expires": None,
        "key": key,
        "write_enabled": True,
        "description": "from basic",
        "may_decide": True,
        "last_used_at": None,
    }


def test_the_key_is_shown_once(own: ObjectPermission, alice: User) -> None:
    client = basic("alice", WORDS)
    url = client.post(TOKENS, {"key": KEY}).json()["url"]
    assert client.get(url).json()["key"] is None
    assert client.get(TOKENS).json()["results"][0]["key"] is None
    assert client.patch(url, {"description": "x"}).json()["key"] is None
    assert [row["description"] for row in client.get(f"{TOKENS}?key={KEY}").json()["results"]] == ["x"]
    assert client.get(f"{TOKENS}?key={KEY[:-1]}").json()["count"] == 0


def test_several_at_once_show_their_keys(own: ObjectPermission) -> None:
    made = basic("alice", WORDS).post(TOKENS, [{}, {"description": "b"}]).json()
    assert len({row["key"] for row in made}) == 2


def test_basic_needs_the_permission(alice: User) -> None:
    alice.set_password(WORDS)
    alice.save()
    answer = basic("alice", WORDS).post(TOKENS, {})
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", WORDS)])
def test_bad_passwords_are_refused(own: ObjectPermission, name: str, password: str) -> None:
    answer = basic(name, password).post(TOKENS, {})
    assert (answer.status_code, answer.json()) == (403, {"detail": "Invalid username/password."})


def test_basic_works_here_only(own: ObjectPermission) -> None:
    for address in ("/api/users/users/", "/api/users/config/", "/api/status/"):
        answer = basic("alice", WORDS).get(address)
        assert answer.status_code == 403
        assert answer.json() == {"detail": "Authentication credentials were not provided."}


def test_other_peoples_tokens_do_not_exist(api: APIClient, alice: User, admin: User, now: datetime) -> None:
    token = issue_token(user=alice, now=now).token
    assert [row["display"].split()[1] for row in api.get(TOKENS).json()["results"]] == ["(admin)"]
    for call in (api.get, api.delete, lambda url: api.patch(url, {})):
        assert call(f"{TOKENS}{token.pk}/").status_code == 404
    assert api.post(TOKENS, {"user": str(alice.pk)}).status_code == 201
    assert alice.tokens.count() == 1


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (KEY[:-1], "Ensure this field has at least 40 characters."),
        (KEY + "8", "Ensure this field has no more than 40 characters."),
    ],
)
def test_keys_have_forty_characters(api: APIClient, key: str, sentence: str) -> None:
    answer = api.post(TOKENS, {"key": key})
    assert (answer.status_code, answer.json()) == (400, {"key": [sentence]})


def test_what_was_shown_can_be_sent_back(api: APIClient) -> None:
    made = api.post(TOKENS, {"key": KEY}).json()
    shown = api.get(made["url"]).json()
    assert api.put(made["url"], shown).json() == shown
    assert find_token(KEY, now=datetime.now(UTC))


def test_a_read_only_token_makes_none(client_of: Callable[..., APIClient], admin: User) -> None:
    client = client_of(admin, write_enabled=False)
    answer = client.post(TOKENS, {})
    assert answer.status_code == 403
    assert client.get(TOKENS).status_code == 200


def test_a_token_that_may_not_decide_makes_another_such(client_of: Callable[..., APIClient], admin: User) -> None:
    client = client_of(admin, may_decide=False)
    assert client.post(TOKENS, {}).json()["may_decide"] is False
    assert client.post(TOKENS, {"may_decide": True}).status_code == 403


def test_a_token_that_may_not_decide_helps_nobody_to_decide(
    client_of: Callable[..., APIClient], admin: User, alice: User
) -> None:
    """G21: by another password, account, group or permission its script would decide after all."""
    client = client_of(admin, may_decide=False)
    for call, address, body in (
        (client.patch, f"/api/users/users/{admin.pk}/", {"password": WORDS}),
        (client.patch, f"/api/users/users/{alice.pk}/", {"is_superuser": True}),
        (client.post, "/api/users/users/", {"username": "mallory", "password": WORDS, "is_superuser": True}),
        (client.post, "/api/users/groups/", {"name": "deciders"}),
        (client.post, "/api/users/permissions/", {"name": "a", "object_types": ["extras.job"], "actions": ["approve"]}),
    ):
        answer = call(address, body)
        assert (answer.status_code, "may not decide" in answer.json()["detail"]) == (403, True), address
    assert client.delete(f"/api/users/users/{alice.pk}/").status_code == 403
    assert client.get("/api/users/users/").status_code == 200
    assert not User.objects.filter(username="mallory").exists()


def test_a_deleted_token_stops_working(api: APIClient, admin: User) -> None:
    assert api.delete(f"{TOKENS}{admin.tokens.get().pk}/").status_code == 204
    assert api.get(TOKENS).json() == {"detail": "Invalid token"}


def test_filters(api: APIClient) -> None:
    expires = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    api.post(TOKENS, {"description": "ci", "write_enabled": False, "expires": expires})

    def found(query: str) -> list[str]:
        params: Any = dict(part.split("=", 1) for part in query.split("&"))
        return [row["description"] for row in api.get(TOKENS, params).json()["results"]]

    assert found("write_enabled=false") == found("q=ci") == found(f"expires__gte={expires}") == ["ci"]
    assert found(f"expires__gt={expires}") == []
    assert found("write_enabled=true") == [""]

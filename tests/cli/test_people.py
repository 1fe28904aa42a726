"""Accounts, groups, tokens, permissions, sign-in, and who may do what."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from foureyes.cli.places import stored

from .conftest import JOB, RUN_ID, Recorded

Cli = Callable[..., Any]
ALICE = {
    "id": "019ac7a2-0000-7000-8000-000000000001",
    "username": "alice",
    "first_name": "Alice",
    "last_name": "A",
    "email": "alice@example.org",
    "is_staff": False,
    "is_active": True,
    "date_joined": "2026-11-23T21:00:00Z",
    "groups": [{"id": 1, "name": "operators"}],
}
BOB = {**ALICE, "id": "019ac7a2-0000-7000-8000-000000000002", "username": "bob", "groups": []}
GROUPS = [{"id": 1, "name": "operators", "user_count": 1}, {"id": 2, "name": "approvers", "user_count": 0}]
PERMISSION = {
    "id": "019ac7a2-0000-7000-8000-000000000003",
    "name": "run-net",
    "enabled": True,
    "object_types": ["extras.job"],
    "actions": ["run"],
    "users": [{"username": "alice"}],
    "groups": [],
    "constraints": {"grouping": "Net"},
}
TOKEN = {
    "id": "019ac7a2-0000-7000-8000-000000000004",
    "display": "abcdef (alice)",
    "key": None,
    "created": "2026-11-23T21:00:00Z",
    "expires": None,
    "write_enabled": True,
    "may_decide": True,
    "last_used_at": None,
    "description": "laptop",
}


def page(*rows: Any) -> dict[str, Any]:
    return {"count": len(rows), "next": None, "results": list(rows)}


@pytest.fixture
def people(at_server: Recorded) -> Recorded:
    at_server.on("GET", "/api/users/users/", page(ALICE, BOB))
    at_server.on("GET", "/api/users/groups/", page(*GROUPS))
    at_server.on("GET", "/api/users/permissions/", page(PERMISSION))
    at_server.on("GET", "/api/users/tokens/", page(TOKEN))
    for row, part in ((ALICE, "users"), (GROUPS[0], "groups"), (PERMISSION, "permissions"), (TOKEN, "tokens")):
        at_server.on("POST", f"/api/users/{part}/", {**row, "key": "n" * 40}, status=201)
        at_server.on("PATCH", f"/api/users/{part}/{row['id']}/", row)
        at_server.on("DELETE", f"/api/users/{part}/{row['id']}/", b"", status=204)
    return at_server


def last(people: Recorded) -> Any:
    return people.requests[-1].json


@pytest.mark.parametrize("part", ["users", "groups", "permissions", "tokens"])
def test_lists_are_tables_for_people_and_rows_for_programs(people: Recorded, cli: Cli, part: str) -> None:
    assert len(cli(part, "list").out.splitlines()) > 1
    assert isinstance(cli(part, "list", "--json").json, list)


def test_an_account_is_created_with_its_groups_and_a_password_from_standard_input(people: Recorded, cli: Cli) -> None:
    result = cli("users", "create", "alice", "--group", "approvers", "--staff", "--password-stdin", stdin="s3cret!\n")
    assert result.code == 0
    assert last(people) == {"username": "alice", "is_staff": True, "groups": [2], "password": "s3cret!"}
    assert "s3cret!" not in result.out + result.err


def test_without_a_terminal_a_password_must_come_from_standard_input(people: Recorded, cli: Cli) -> None:
    assert cli("users", "password", "alice").code == 2


def test_an_account_changes_groups_and_state(people: Recorded, cli: Cli) -> None:
    assert cli("users", "edit", "alice", "--group", "approvers", "--not-group", "operators", "--inactive").code == 0
    assert last(people) == {"is_active": False, "groups": [2]}


def test_nothing_is_deleted_without_a_yes(people: Recorded, cli: Cli) -> None:
    refused = cli("users", "delete", "alice")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    assert not [sent for sent in people.requests if sent.method == "DELETE"]


@pytest.mark.parametrize(
    ("part", "name", "row"),
    [
        ("users", "alice", ALICE),
        ("groups", "operators", GROUPS[0]),
        ("permissions", "run-net", PERMISSION),
        ("tokens", "abcdef", TOKEN),
    ],
)
def test_what_is_deleted_is_named(people: Recorded, cli: Cli, part: str, name: str, row: Any) -> None:
    assert cli(part, "delete", name, "--yes", "--json").json == {"deleted": row["id"]}
    assert people.requests[-1].method == "DELETE"


def test_a_group_is_created_and_renamed(people: Recorded, cli: Cli) -> None:
    assert cli("groups", "create", "operators").code == 0
    assert last(people) == {"name": "operators"}
    assert cli("groups", "rename", "operators", "ops").code == 0
    assert last(people) == {"name": "ops"}
    assert cli("groups", "members", "operators").out.splitlines()[1].startswith("alice")


def test_a_new_tokens_key_stands_alone_on_standard_output(people: Recorded, cli: Cli) -> None:
    result = cli(
        "tokens",
        "create",
        "--description",
        "ci",
        "--read-only",
        "--no-decisions",
        "--expires",
        "2031-01-01T00:00:00+02:00",
    )
    assert result.out == "n" * 40 + "\n"
    sent = last(people)
    assert datetime.fromisoformat(sent.pop("expires")) == datetime(2030, 12, 31, 22, tzinfo=UTC)
    assert sent == {"description": "ci", "write_enabled": False, "may_decide": False}


def test_a_permission_is_created_for_named_people(people: Recorded, cli: Cli) -> None:
    options = ["--type", "extras.job", "--action", "view", "--action", "run", "--user", "bob", "--group", "operators"]
    assert cli("permissions", "create", "run-net", *options, "--constraints", '{"grouping": "Net"}').code == 0
    assert last(people) == {
        "name": "run-net",
        "object_types": ["extras.job"],
        "actions": ["view", "run"],
        "users": [BOB["id"]],
        "groups": [1],
        "constraints": {"grouping": "Net"},
    }


def test_a_permission_needs_a_type_and_an_action(people: Recorded, cli: Cli) -> None:
    assert cli("permissions", "create", "nothing").code == 2


def test_a_permission_is_edited(people: Recorded, cli: Cli) -> None:
    assert cli("permissions", "edit", "run-net", "--disabled", "--no-users", "--constraints", "null").code == 0
    assert last(people) == {"enabled": False, "users": [], "constraints": None}


def test_can_tells_by_which_permission_and_exits_with_the_answer(people: Recorded, cli: Cli) -> None:
    yes = {
        "allowed": True,
        "reason": "A permission of alice allows it.",
        "permissions": [{"name": "run-net", "via": "user"}],
    }
    no = {"allowed": False, "reason": "No permission allows it.", "permissions": []}
    people.on("GET", "/api/can/", yes, no)
    allowed = cli("can", "alice", "run", "purge-old-files")
    assert (allowed.code, allowed.out) == (0, "yes: A permission of alice allows it.\n  by run-net, via user\n")
    asked = people.sent("GET", "/api/can/")[0].query
    assert asked == {"action": "run", "object_type": "extras.job", "object_id": JOB["id"], "user": "alice"}
    refused = cli("can", "me", "view", f"extras.jobresult:{RUN_ID}")
    assert (refused.code, refused.out) == (1, "no: No permission allows it.\n")
    assert "user" not in people.sent("GET", "/api/can/")[1].query


def test_can_about_nobody_brings_similar_names(people: Recorded, cli: Cli) -> None:
    result = cli("can", "alicia", "run", "purge-old-files")
    assert result.code == 4
    assert "There is no user `alicia` that you may see.\nDid you mean `alice`?" in result.err


def test_can_asks_for_a_whole_type(people: Recorded, cli: Cli) -> None:
    people.on("GET", "/api/can/", {"allowed": True, "reason": "r", "permissions": []})
    assert cli("can", "bob", "add", "users.token", "--json").json["allowed"]
    assert people.requests[-1].query == {"action": "add", "object_type": "users.token", "user": "bob"}


def test_sign_in_with_a_token_keeps_it(people: Recorded, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOUREYES_TOKEN")
    people.on("GET", "/api/status/", {})
    assert cli("login", "--token", "-", stdin="t" * 40 + "\n").code == 0
    assert stored() == {"url": people.url, "token": "t" * 40}
    assert people.requests[-1].headers["Authorization"] == f"Token {'t' * 40}"
    assert cli("logout").code == 0
    assert stored() == {}


def test_a_wrong_token_is_not_kept(people: Recorded, cli: Cli) -> None:
    people.on("GET", "/api/status/", {"detail": "Invalid token"}, status=403)
    assert cli("login", "--token", "x").code == 3
    assert stored() == {}


def test_sign_in_with_a_password_makes_a_token(people: Recorded, cli: Cli) -> None:
    people.on("GET", "/api/status/", {})
    assert cli("login", "--user", "alice", "--password", "-", stdin="s3cret!\n").code == 0
    (made,) = people.sent("POST", "/api/users/tokens/")
    assert made.headers["Authorization"] == "Basic " + b64encode(b"alice:s3cret!").decode()
    assert stored()["token"] == "n" * 40


def test_whoami_names_person_and_token(people: Recorded, cli: Cli) -> None:
    token = {"hint": "abcdef", "expires": None, "write_enabled": False, "may_decide": True}
    me = {"user": {**ALICE, "is_superuser": True, "groups": ["operators"]}, "token": token}
    people.on("GET", "/api/whoami/", me)
    out = cli("whoami").out
    assert "User          alice" in out
    assert "Token         ends in abcdef (reads only)" in out
    assert "Token from    FOUREYES_TOKEN" in out
    assert json.loads(cli("whoami", "--json").out) == me

"""Job hooks and webhooks from the command line."""

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import JOB, Recorded

Cli = Callable[..., Any]
HOOK = {
    "id": "019ac7a2-0000-7000-8000-000000000011",
    "name": "groups",
    "content_types": ["auth.group"],
    "job": JOB["id"],
    "enabled": True,
    "type_create": True,
    "type_update": False,
    "type_delete": True,
}
WEBHOOK = {**HOOK, "name": "chat", "payload_url": "https://chat.example.org/", "secret": "********"}
MESSAGE = {
    "id": "019ac7a2-0000-7000-8000-000000000012",
    "created": "2026-11-23T21:00:00Z",
    "webhook_name": "chat",
    "state": "failed",
    "status_code": None,
    "error": "chat.example.org did not answer",
    "attempts": 9,
}


def page(*rows: Any) -> dict[str, Any]:
    return {"count": len(rows), "next": None, "results": list(rows)}


def bodies(server: Recorded, method: str, path: str) -> list[Any]:
    return [sent.json for sent in server.sent(method, path)]


@pytest.fixture
def hooks(at_server: Recorded) -> Recorded:
    at_server.on("GET", "/api/extras/job-hooks/", page(HOOK))
    at_server.on("GET", "/api/webhooks/", page(WEBHOOK))
    at_server.on("GET", "/api/extras/jobs/", page(JOB))
    return at_server


def test_lists_say_what_is_watched_and_started(hooks: Recorded, cli: Cli) -> None:
    assert "auth.group: create, delete" in cli("hooks", "list").out
    assert "Purge old files" in cli("hooks", "list").out
    assert "https://chat.example.org/" in cli("webhooks", "list").out


def test_hook_is_created_for_the_receiver_that_is_named(hooks: Recorded, cli: Cli) -> None:
    hooks.on("POST", "/api/extras/job-hooks/", HOOK, status=201)
    done = cli(
        "hooks", "create", "groups", "--job", "purge-old-files", "--type", "auth.group", "--on", "create", "--on",
        "delete",
    )  # fmt: skip
    assert done.code == 0, done.err
    [sent] = bodies(hooks, "POST", "/api/extras/job-hooks/")
    assert sent == {key: HOOK[key] for key in sent}


def test_unknown_action_is_refused_before_anything_is_sent(hooks: Recorded, cli: Cli) -> None:
    done = cli("hooks", "create", "groups", "--job", "purge-old-files", "--type", "auth.group", "--on", "explode")
    assert done.code == 2
    assert bodies(hooks, "POST", "/api/extras/job-hooks/") == []


def test_webhook_takes_its_secret_from_the_environment(
    hooks: Recorded, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks.on("POST", "/api/webhooks/", WEBHOOK, status=201)
    monkeypatch.setenv("FOUREYES_WEBHOOK_SECRET", "hunter2")
    done = cli(
        "webhooks", "create", "chat", "--to", "https://chat.example.org/", "--type", "auth.group", "--on", "create"
    )
    assert done.code == 0, done.err
    [sent] = bodies(hooks, "POST", "/api/webhooks/")
    assert sent["secret"] == "hunter2"
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize(("command", "path"), [("hooks", "/api/extras/job-hooks/"), ("webhooks", "/api/webhooks/")])
def test_switches_and_deletion(hooks: Recorded, cli: Cli, command: str, path: str) -> None:
    row = HOOK if command == "hooks" else WEBHOOK
    name = str(row["name"])
    hooks.on("PATCH", f"{path}{row['id']}/", row)
    hooks.on("DELETE", f"{path}{row['id']}/", None, status=204)
    assert cli(command, "disable", name, "--json").json["name"] == name
    assert cli(command, "enable", name).code == 0
    assert [body["enabled"] for body in bodies(hooks, "PATCH", f"{path}{row['id']}/")] == [False, True]
    assert cli(command, "delete", name, "--yes").code == 0


def test_messages_show_why_they_failed(hooks: Recorded, cli: Cli) -> None:
    hooks.on("GET", "/api/webhook-deliveries/", page(MESSAGE))
    assert "did not answer" in cli("webhooks", "messages", "--failed").out

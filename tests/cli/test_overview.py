"""Workers, status, doctor and events; and what holds for all commands."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from foureyes.cli import app
from foureyes.cli.completion import complete_job
from foureyes.cli.screen import aligned, cell_of, safe, size
from foureyes.cli.times import lasting

from .conftest import JOB, Recorded

Cli = Callable[..., Any]
WORKER = {
    "id": "019ac7a2-0000-7000-8000-00000000000a",
    "name": "host:77",
    "kind": "worker",
    "queues": ["default"],
    "slots": 2,
    "busy": 1,
    "state": "running",
    "alive": True,
    "started_at": "2026-11-23T21:00:00Z",
    "heartbeat_at": "2026-11-23T21:00:00Z",
}
FINDINGS = [
    {"level": "ok", "code": "database", "text": "The database answers.", "hint": ""},
    {"level": "error", "code": "no_worker", "text": "No worker listens on queue night.", "hint": "Start one."},
]


@pytest.fixture
def workers(at_server: Recorded) -> Recorded:
    at_server.on("GET", "/api/workers/", {"next": None, "results": [WORKER]})
    for verb in ("drain", "resume"):
        at_server.on("POST", f"/api/workers/{verb}/", {"results": [WORKER]})
    return at_server


def test_workers_show_what_they_do(workers: Recorded, cli: Cli) -> None:
    assert "host:77  worker  running  1 of 2  default" in cli("workers", "list").out
    assert cli("workers", "list", "--json").json == [WORKER]


def test_all_workers_or_named_ones_are_drained_and_resumed(workers: Recorded, cli: Cli) -> None:
    assert cli("workers", "drain").code == 0
    assert workers.sent("POST", "/api/workers/drain/")[0].json == {}
    assert cli("workers", "resume", "host:77").code == 0
    assert workers.sent("POST", "/api/workers/resume/")[0].json == {"ids": [WORKER["id"]]}
    assert cli("workers", "resume", "elsewhere:1").code == 4


def test_status_tells_what_answers_and_warns_of_a_demo(at_server: Recorded, cli: Cli) -> None:
    health = {"database": "ok", "workers": 1, "scheduler": "missing"}
    at_server.on("GET", "/health/", health)
    at_server.on("GET", "/api/status/", {"foureyes-version": "0.1.0", "demo": True})
    out = cli("status").out
    assert f"Server        {at_server.url}" in out
    assert "Scheduler     missing" in out
    assert "this is a demo" in out
    assert cli("status", "--json").json["health"] == health


def test_doctor_exits_with_1_when_something_is_wrong(at_server: Recorded, cli: Cli) -> None:
    at_server.on("GET", "/api/doctor/", {"findings": FINDINGS}, {"findings": FINDINGS[:1]})
    ill = cli("doctor")
    assert ill.code == 1
    assert ill.out.splitlines() == [
        "ok      The database answers.",
        "error   No worker listens on queue night.",
        "        Start one.",
    ]
    assert cli("doctor").code == 0


def test_events_are_filtered_and_counted(at_server: Recorded, cli: Cli) -> None:
    event = {
        "at": "2026-11-23T21:00:00Z",
        "kind": "job.enabled",
        "actor_name": "alice",
        "subject_text": "Purge",
        "subject_id": "x",
    }
    at_server.on("GET", "/api/events/", {"next": f"{at_server.url}/api/events/?cursor=a", "results": [event]})
    result = cli("events", "list", "--kind", "job.enabled", "--actor", "alice", "--limit", "2", "--json")
    assert result.json == [event, event]
    assert at_server.requests[0].query == {"kind": "job.enabled", "actor": "alice", "limit": "2"}


def test_job_names_complete_as_they_are_typed(at_server: Recorded) -> None:
    assert ("purge-old-files", "Purge old files") in complete_job("purge-o")
    assert [name for name, _ in complete_job("local-")] == ["local-purge-purgeoldfiles", "local-purge-purgecache"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("foureyes run purge-o", ["purge-old-files"]),
        ("foureyes run purge-old-files --fo", ["--fold", "--folder", "--follow"]),
        ("foureyes jobs show local-purge-purgec", ["local-purge-purgecache"]),
    ],
)
def test_the_shell_completes_jobs_and_their_variables(at_server: Recorded, typed: str, offered: list[str]) -> None:
    at_server.on("GET", f"/api/extras/jobs/{JOB['id']}/", JOB)
    at_server.on("GET", f"/api/jobs/{JOB['id']}/variables/", [{"name": "folder", "type": "StringVar"}])
    asked = {"_FOUREYES_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    command = Path(sys.executable).with_name("foureyes")
    result = subprocess.run([command], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    assert sorted(result.stdout.split()) == offered


def test_completion_is_silent_without_a_server() -> None:
    assert complete_job("x") == []


def commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in getattr(group, "commands", {}).items():
        inner = commands(command, (*path, name))
        found += inner or [(*path, name)]
    return found


LOCAL = {
    "up", "web", "worker", "scheduler", "notifier", "migrate", "backup", "restore", "restored", "doctor offline",
    "doctor chain",
    "login", "logout", "run",
}  # fmt: skip


@pytest.mark.parametrize("path", commands(typer.main.get_command(app)), ids=" ".join)
def test_every_command_has_help_and_every_one_of_a_server_the_shared_options(cli: Cli, path: tuple[str, ...]) -> None:
    out = cli(*path, "--help").out
    assert out.startswith(f"Usage: foureyes {' '.join(path)}")
    if not {path[0], " ".join(path)} & LOCAL:
        assert all(option in out for option in ("--url", "--token", "--json"))


def test_values_read_well() -> None:
    assert [lasting(seconds) for seconds in (None, 0.4, 42, 185, 7800)] == [
        "",
        "0.40 s",
        "42 s",
        "3 min 5 s",
        "2 h 10 min",
    ]
    assert [size(count) for count in (812, 1400, 2_500_000, 7_000_000_000)] == ["812 B", "1.4 kB", "2.5 MB", "7.0 GB"]
    assert [cell_of(value).plain for value in (True, None, ["a", "b"], {"a": 1})] == ["yes", "", "a, b", '{"a": 1}']
    assert aligned([[cell_of("a"), cell_of("b")], [cell_of("ccc"), cell_of("")]]) == ["a    b", "ccc"]
    assert safe("a\x1b[31m\r\nb\x07\t") == "a\\x1b[31m\nb\\x07\t"

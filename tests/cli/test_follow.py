"""Following a run: nothing lost, nothing twice, whatever the connection does."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from foureyes.cli import follow as follow_module
from foureyes.cli.event_stream import events_of

from .conftest import RUN, RUN_ID, Recorded, Stream

Cli = Callable[..., Any]
PATH = f"/api/runs/{RUN_ID}/events/"


def event(name: str, document: Any, number: int | None = None) -> bytes:
    identified = f"id: {number}\n" if number is not None else ""
    return f"{identified}event: {name}\ndata: {json.dumps(document)}\n\n".encode()


def line(number: int) -> bytes:
    entry = {"sequence": number, "created": "2026-11-23T21:00:00Z", "level": "info", "message": f"line {number}"}
    return event("log", entry, number)


def shown(out: str) -> list[str]:
    return [text.split("info")[1].strip() for text in out.splitlines() if "info" in text]


def test_log_progress_changes_and_outcome_are_shown(at_server: Recorded, cli: Cli) -> None:
    pieces = [
        event("status", {"status": "running", "purpose": "dry_run"}),
        line(0),
        event("progress", {"done": 3, "total": 10, "text": "copying"}),
        event("change", {"sequence": 0, "target": "/tmp/a", "before": 1, "after": None, "summary": "remove /tmp/a"}),
        event("end", RUN),
    ]
    at_server.on("GET", PATH, Stream([b": hello\n\n", *pieces]))
    result = cli("results", "logs", RUN_ID, "--follow")
    assert result.code == 0
    assert "line 0" in result.out
    assert "progress 3/10 copying" in result.out
    assert "would change     remove /tmp/a" in result.out
    assert "all done" in result.out
    assert "Run completed after 2.50 s." in result.out


def test_a_cut_connection_is_taken_up_where_it_broke(at_server: Recorded, cli: Cli) -> None:
    half = line(2)[:30]
    at_server.on(
        "GET",
        PATH,
        Stream([line(0), line(1), half], cut=True),
        Stream([line(1), line(2)]),
        (502, b"<html>restarting</html>"),
        Stream([line(3), event("end", RUN)]),
    )
    result = cli("results", "logs", RUN_ID, "--follow")
    assert shown(result.out) == ["line 0", "line 1", "line 2", "line 3"]
    resumed = [sent.headers.get("Last-Event-ID") for sent in at_server.sent("GET", PATH)]
    assert resumed == [None, "1", "2", "2"]


def test_a_letter_split_between_two_pieces_is_whole() -> None:
    whole = event("log", {"message": "Grüße"}).replace(b"\\u00fc", "ü".encode()).replace(b"\n", b"\r\n")
    for cut in range(len(whole)):
        (only,) = events_of([whole[:cut], whole[cut:]])
        assert only.name == "log"
    (lines,) = events_of([b"data: a\ndata: b\n\n", b"data: cut off"])
    assert lines.data == "a\nb"


def test_as_json_every_event_is_a_document_on_a_line(at_server: Recorded, cli: Cli) -> None:
    at_server.on("GET", PATH, Stream([line(0), event("end", RUN)]))
    result = cli("results", "logs", RUN_ID, "--follow", "--json")
    first, last = (json.loads(text) for text in result.out.splitlines())
    assert (first["event"], first["log"]["message"]) == ("log", "line 0")
    assert last == {"event": "end", "run": RUN}


def test_an_interrupt_leaves_the_run_running_and_says_how_to_cancel(
    at_server: Recorded, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Any) -> Any:
        raise KeyboardInterrupt

    at_server.on("GET", PATH, Stream([line(0)]))
    monkeypatch.setattr(follow_module.time, "sleep", interrupted)  # the person's Ctrl-C, in the pause to reconnect
    result = cli("results", "logs", RUN_ID, "--follow")
    assert result.code == 130
    assert "The run goes on." in result.out
    assert f"foureyes results cancel {RUN_ID}" in result.out


def test_a_run_that_may_not_be_seen_is_not_waited_for(at_server: Recorded, cli: Cli) -> None:
    assert cli("results", "logs", RUN_ID, "--follow").code == 4


def test_a_server_gone_for_long_is_told(at_server: Recorded, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow_module, "GIVE_UP_SECONDS", 0.3)
    at_server.on("GET", PATH, b"<html>away</html>", status=503)
    assert cli("results", "logs", RUN_ID, "--follow").code == 6


def test_control_characters_of_a_job_do_not_reach_the_terminal(at_server: Recorded, cli: Cli) -> None:
    entry = {"sequence": 0, "created": "2026-11-23T21:00:00Z", "level": "info", "message": "\x1b]0;owned\x07red"}
    at_server.on("GET", PATH, Stream([event("log", entry), event("end", RUN)]))
    result = cli("results", "logs", RUN_ID, "--follow")
    assert "\\x1b]0;owned\\x07red" in result.out
    assert "\x1b" not in result.out

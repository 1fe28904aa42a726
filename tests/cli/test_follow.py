"""Following a run: nothing lost, nothing twice, whatever the connection does."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from subprocess import Popen
from threading import Event
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
        event("change", {"sequence": 0, "target": "/tmp/a", "before": 1, "after": None, "summary": "remove"}),
        event("end", RUN),
    ]
    at_server.on("GET", PATH, Stream([b": hello\n\n", *pieces]))
    result = cli("results", "logs", RUN_ID, "--follow")
    assert result.code == 0
    assert "line 0" in result.out
    assert "progress 3/10 copying" in result.out
    assert "would change     /tmp/a: remove" in result.out
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


@pytest.mark.parametrize("terminal", [False, True], ids=["pipe", "terminal"])
def test_an_interrupt_leaves_the_run_running_and_says_how_to_cancel(at_server: Recorded, terminal: bool) -> None:
    ours, theirs = os.openpty() if terminal else os.pipe()
    done = Event()

    def pieces() -> Iterator[bytes]:
        yield event("progress", {"done": 1, "total": 2, "text": "copying"})
        yield line(0)
        done.wait(60)

    at_server.on("GET", PATH, Stream(pieces()))
    command = [sys.executable, "-m", "foureyes", "results", "logs", RUN_ID, "--follow"]
    with Popen(command, stdout=theirs, env={**os.environ, "TERM": "xterm", "COLUMNS": "100"}) as process:
        os.close(theirs)
        seen = read_until(ours, b"line 0")
        process.send_signal(signal.SIGINT)
        seen += read_until(ours, None)
        done.set()
    os.close(ours)
    assert process.returncode == 130
    assert "The run goes on." in seen
    assert f"foureyes results cancel {RUN_ID}" in seen
    assert ("\x1b[" in seen) is terminal


def read_until(descriptor: int, text: bytes | None) -> str:
    """What arrives until `text` has, or until the end."""
    seen = b""
    while text is None or text not in seen:
        try:
            piece = os.read(descriptor, 4096)
        except OSError:  # how a terminal tells its end
            break
        if not piece:
            break
        seen += piece
    return seen.decode()


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

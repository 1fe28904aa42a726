"""A small real HTTP server that answers what a test recorded, and the command line pointed at it."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from typer.testing import CliRunner

from foureyes.cli import app

JOB = {
    "id": "4db068da-3147-40cf-99bb-bfeea36c69e7",
    "display": "Purge old files",
    "source": "local",
    "module_name": "purge",
    "job_class_name": "PurgeOldFiles",
    "grouping": "Samples",
    "name": "Purge old files",
    "slug": "local-purge-purgeoldfiles",
    "description": "Deletes files older than a number of days.",
    "installed": True,
    "enabled": True,
    "is_job_hook_receiver": False,
    "has_sensitive_variables": False,
    "approval_required": False,
    "commit_default": True,
    "hidden": False,
    "read_only": False,
    "soft_time_limit": 0.0,
    "time_limit": 60.0,
    "time_limit_override": True,
    "task_queues": [],
    "last_updated": "2026-11-23T21:55:57.304883Z",
}
OTHER_JOB = {
    **JOB,
    "id": "29eccf3d-0f25-4b78-83a1-1a0aa637ff15",
    "module_name": "purge",
    "job_class_name": "PurgeCache",
    "name": "Purge cache",
    "slug": "local-purge-purgecache",
    "description": "",
}
RUN_ID = "019ac7a2-6f4e-7c40-b0aa-0123456789ab"
RUN = {
    "id": RUN_ID,
    "job": {"id": JOB["id"], "name": JOB["name"], "slug": JOB["slug"]},
    "name": "local/purge/PurgeOldFiles",
    "status": "completed",
    "cause": "",
    "cause_text": "",
    "purpose": "run",
    "commit": True,
    "user": None,
    "user_name": "alice",
    "created": "2026-11-23T21:00:00Z",
    "started_at": "2026-11-23T21:00:01Z",
    "completed": "2026-11-23T21:00:03.5Z",
    "duration_seconds": 2.5,
    "queue": "default",
    "worker": "host:1",
    "attempt": 1,
    "max_retries": 0,
    "source_digest": "ab" * 32,
    "progress": None,
    "cancelled_by": "",
    "data": {"output": "\nall done"},
    "inputs": {"folder": "/tmp"},
    "log_count": 2,
    "change_count": 0,
    "file_count": 1,
}


@dataclass
class Sent:
    """One request as the server saw it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Stream:
    """A body sent in pieces; `cut` ends the connection in its middle."""

    pieces: Iterable[bytes]
    cut: bool = False


Answer = tuple[int, Any] | Callable[[Sent], tuple[int, Any]]


@dataclass
class Recorded:
    """What the server answers, and what it was asked."""

    url: str = ""
    answers: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)
    requests: list[Sent] = field(default_factory=list)

    def on(self, method: str, path: str, *answers: Any, status: int = 200) -> None:
        """Answer so; the last of several answers stays."""
        self.answers[method, path] = [
            one if isinstance(one, tuple) or callable(one) else (status, one) for one in answers
        ]

    def reply(self, sent: Sent) -> tuple[int, Any]:
        self.requests.append(sent)
        waiting = self.answers.get((sent.method, sent.path))
        if not waiting:
            return 404, {"detail": "Not found."}
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return answer(sent) if callable(answer) else answer

    def sent(self, method: str, path: str) -> list[Sent]:
        return [one for one in self.requests if (one.method, one.path) == (method, path)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    recorded: Recorded

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        sent = Sent(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
        status, content = self.recorded.reply(sent)
        if isinstance(content, Stream):
            self._stream(content)
            return
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, stream: Stream) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in stream.pieces:
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if not stream.cut:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815 - names that the standard library calls

    def log_message(self, *args: Any) -> None:
        """Tests print no access log."""


@pytest.fixture
def server() -> Iterator[Recorded]:
    recorded = Recorded()
    handler = type("Handler", (_Handler,), {"recorded": recorded})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as httpd:
        recorded.url = f"http://127.0.0.1:{httpd.server_port}"
        recorded.on("GET", "/api/extras/jobs/", {"count": 2, "next": None, "results": [JOB, OTHER_JOB]})
        recorded.on("GET", f"/api/runs/{RUN_ID}/", RUN)
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield recorded
        httpd.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without any settings, in Berlin, whose terminal is no terminal."""
    for name in ("FOUREYES_URL", "FOUREYES_TOKEN", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


@dataclass
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli() -> Callable[..., Result]:
    """Run a command: `cli("jobs", "list")`."""

    def run(*args: str, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(app, list(args), input=stdin, prog_name="foureyes")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def at_server(server: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """The server, named and with a token, by the environment."""
    monkeypatch.setenv("FOUREYES_URL", server.url)
    monkeypatch.setenv("FOUREYES_TOKEN", "k" * 40)
    return server

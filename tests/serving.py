"""Starts the real `foureyes up` for tests, and knows its process tree."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import requests

PATIENCE_SECONDS = 60  # with whatever is under way: on a busy machine everything takes its time
PASSWORD = "quiet-lantern-4711"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


def until(condition: Callable[[], Any], *, what: str) -> Any:
    """What `condition` answers as soon as it is true; the test fails if that never comes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_SECONDS} seconds"
        time.sleep(0.02)
    return answer


def children_of(pid: int) -> list[int]:
    """The processes whose parent is `pid`."""
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in file.read_text().split()] if file.exists() else []


def tree_of(pid: int) -> set[int]:
    """A process with all its descendants."""
    found = {pid}
    for child in children_of(pid):
        found |= tree_of(child)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still run; a zombie does not."""
    return {pid for pid in pids if _state(pid) not in {"", "Z", "X"}}


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


@dataclass(slots=True)
class Server:
    """A started `foureyes up` with what its ready file says."""

    process: subprocess.Popen[bytes]
    log: Path
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        return self.ready["url"]

    @property
    def pid(self) -> int:
        return self.process.pid

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request as the administrator."""
        headers = {"Authorization": f"Token {TOKEN}", "Accept": "application/json; version=1.3"}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, headers=headers, timeout=PATIENCE_SECONDS, **options)

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


def environment(**more: str) -> dict[str, str]:
    """Of a server that is started: an administrator that the tests know, and nothing of ours but the database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FOUREYES_", "DJANGO_"))}
    database = os.environ.get("FOUREYES_DATABASE_URL", "")
    known = {
        "FOUREYES_SUPERUSER_NAME": "admin",
        "FOUREYES_SUPERUSER_PASSWORD": PASSWORD,
        "FOUREYES_SUPERUSER_API_TOKEN": TOKEN,
        "FOUREYES_DATABASE_URL": database,
    }
    return kept | known | more


def launch(
    folder: Path, *arguments: str, python: str = sys.executable, **variables: str
) -> tuple[subprocess.Popen[bytes], Path]:
    """Start `foureyes up` with its data in `folder` on a free port; does not wait. Its output goes to a file."""
    log = folder.with_name(f"{folder.name}.log")
    command = [python, "-m", "foureyes", "up", "--data", str(folder), "--port", "0", *arguments]
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment(**variables), stdout=out, stderr=out)
    return process, log


def start(folder: Path, *arguments: str, python: str = sys.executable, **variables: str) -> Server:
    """Start `foureyes up` and wait until it is ready."""
    ready_file = folder.with_name(f"{folder.name}.ready.json")
    ready_file.unlink(missing_ok=True)
    process, log = launch(folder, "--ready-file", str(ready_file), *arguments, python=python, **variables)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready_file.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the server did not start:\n{log.read_text()}")
        time.sleep(0.02)
    return Server(process, log, json.loads(ready_file.read_text()))


@contextmanager
def serving(folder: Path, *arguments: str, python: str = sys.executable, **variables: str) -> Iterator[Server]:
    """A server for the length of a block; nothing of it is left afterwards."""
    server = start(folder, *arguments, python=python, **variables)
    tree = tree_of(server.pid)
    try:
        yield server
    finally:
        tree |= tree_of(server.pid)
        if server.process.poll() is None:
            server.stop()
        for pid in alive(tree):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """The URL of an empty database beside the one under test; an empty text for SQLite."""
    url = os.environ.get("FOUREYES_DATABASE_URL", "")
    if not url:
        yield ""
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{url.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

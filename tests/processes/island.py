"""An installation of its own for tests with several real processes: a data folder, a database, and code run in it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

PATIENCE_SECONDS = 120
HEAD = """
import django, json, os, sys, time
django.setup()
from datetime import UTC, datetime, timedelta
from foureyes.models import *
from foureyes.users.models import User
def now(): return datetime.now(UTC)
"""
MIGRATE = "from django.core.management import call_command; call_command('migrate', verbosity=0)"


@dataclass
class Island:
    """Where it lies, and what was started in it."""

    folder: Path
    environment: dict[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def python(self, code: str, **names: Any) -> Any:
        """Run code there; `answer(value)` in it gives what this returns."""
        process = subprocess.run(
            self._command(code, names), env=self.environment, capture_output=True, timeout=PATIENCE_SECONDS
        )
        assert process.returncode == 0, process.stderr.decode()
        *_, last = [line for line in process.stdout.decode().splitlines() if line.startswith("answer ")] or [
            "answer null"
        ]
        return json.loads(last.removeprefix("answer "))

    def start(self, code: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a process there."""
        process = subprocess.Popen(
            self._command(code, {}), env={**self.environment, **settings}, stderr=subprocess.DEVNULL
        )
        self.started.append(process)
        return process

    def worker(self, **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self.start("from foureyes.processes.worker import work; work()", **settings)

    def until(self, code: str, **names: Any) -> Any:
        """Wait until the expression is true there."""
        loop = f"""
        deadline = time.monotonic() + {PATIENCE_SECONDS}
        while not (found := ({code})):
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.02)
        answer(found)
        """
        return self.python(loop, **names)

    def end(self) -> None:
        """End everything that was started."""
        for process in self.started:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def _command(self, code: str, names: dict[str, Any]) -> list[str]:
        lines = [HEAD, "def answer(value): print('answer', json.dumps(value, default=str))"]
        lines += [f"{name} = {value!r}" for name, value in names.items()]
        return [sys.executable, "-c", "\n".join([*lines, textwrap.dedent(code)])]


@contextmanager
def island(folder: Path, **settings: str) -> Iterator[Island]:
    """A migrated installation, on the kind of database that the tests run on."""
    (folder / "jobs").mkdir(parents=True)
    environment = {
        **os.environ,
        "FOUREYES_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "foureyes.settings",
        **settings,
    }
    with _database(folder) as url:
        environment["FOUREYES_DATABASE_URL"] = url
        made = Island(folder=folder, environment=environment)
        made.python(MIGRATE)
        try:
            yield made
        finally:
            made.end()


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    url = os.environ.get("FOUREYES_DATABASE_URL", "")
    if not url:
        yield ""
        return
    name = f"island_{os.getpid()}_{time.time_ns()}"
    base = url.rpartition("/")[0]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{base}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

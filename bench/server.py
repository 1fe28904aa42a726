"""A fresh installation for one benchmark: started as a user would, measured from outside, ended with its data."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

JOBS = Path(__file__).parent / "jobs"


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running `foureyes up` and a session signed in as its administrator."""

    url: str
    process: subprocess.Popen[bytes]
    session: requests.Session
    data_dir: Path
    seconds_to_answer: float

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.session.get(self.url + path, params=parameters, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.session.post(self.url + path, json=body or {}, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def enabled_job(self, name: str = "Noop") -> dict[str, Any]:
        """The no-op job, or another, enabled."""
        job = self.get("/api/extras/jobs/", limit=1, job_class_name=name)["results"][0]
        answer = self.session.patch(f"{self.url}/api/extras/jobs/{job['id']}/", json={"enabled": True}, timeout=60)
        answer.raise_for_status()
        return dict(job)

    def tree(self) -> list[int]:
        """Process ids of the whole tree."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def cpu_seconds(self) -> float:
        """User and system time that the tree has used so far, with that of processes that have ended."""
        ticks = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def proportional_mib(self) -> float:
        """Proportional set size of the tree: shared pages count once."""
        total = 0
        for pid in self.tree():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024


def environment(data_dir: Path) -> dict[str, str]:
    """Ours without FOUREYES_* but for the database, and a data folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FOUREYES_")}
    if url := os.environ.get("FOUREYES_DATABASE_URL"):
        kept["FOUREYES_DATABASE_URL"] = url
    return kept | {"FOUREYES_DATA_DIR": str(data_dir)}


@contextlib.contextmanager
def own_database(name: str | None = None) -> Iterator[None]:
    """Where FOUREYES_DATABASE_URL names a server, let it name a database of its own there meanwhile.

    One with a `name` is kept, and taken again the next time.
    """
    url = os.environ.get("FOUREYES_DATABASE_URL", "")
    if not url:
        yield
        return
    import psycopg

    database = f"foureyes_bench_{name or os.getpid()}"
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(f'CREATE DATABASE "{database}"')
        os.environ["FOUREYES_DATABASE_URL"] = f"{url.rpartition('/')[0]}/{database}"
        try:
            yield
        finally:
            os.environ["FOUREYES_DATABASE_URL"] = url
            if not name:
                connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@contextlib.contextmanager
def running(*, data_dir: Path | None = None) -> Iterator[Server]:
    """Start it, give it, end it. A given data folder is used as it is and kept, with the database that is set then."""
    with contextlib.nullcontext() if data_dir else own_database():
        folder = data_dir or Path(tempfile.mkdtemp(prefix="foureyes-bench-"))
        try:
            with _started(folder) as server:
                yield server
        finally:
            if data_dir is None:
                shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _started(folder: Path) -> Iterator[Server]:
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "foureyes", "up", "--jobs", str(JOBS), "--data", str(folder), "--port", "0"]
    started = time.monotonic()
    with (folder / "up.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--workers", "2", "--ready-file", str(ready)],
            env=environment(folder) | {"FOUREYES_SUPERUSER_NAME": "admin", "FOUREYES_SUPERUSER_API_TOKEN": "b" * 40},
            stdout=log,
            stderr=log,
        )
    try:
        while not ready.exists():
            if process.poll() is not None or time.monotonic() - started > 120:
                raise SystemExit((folder / "up.log").read_text())
            time.sleep(0.01)
        seconds = time.monotonic() - started
        session = requests.Session()
        session.trust_env = False
        session.headers.update({"Authorization": "Token " + "b" * 40, "Accept": "application/json; version=1.3"})
        url = json.loads(ready.read_text())["url"]
        yield Server(url=url, process=process, session=session, data_dir=folder, seconds_to_answer=seconds)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)

"""A backup of a running installation, restored beside it: what was approved runs on nobody's word a second time."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.serving import PATIENCE_SECONDS, Server, environment, own_database, serving
from tests.serving import until as wait_until

pytestmark = pytest.mark.processes

JOBS = """
import uuid

from foureyes.jobs import Job


class Report(Job):
    class Meta:
        name = "Report"
        has_sensitive_variables = False

    def run(self):
        self.create_file("report.txt", "all is well")
        self.create_file("own.txt", str(uuid.uuid4()))


class Vault(Job):
    class Meta:
        name = "Vault"
        has_sensitive_variables = False
        approval_required = True

    def run(self):
        return "opened"
"""
FUTURE = {"name": "open later", "interval": "future", "start_time": "2030-01-01T01:00:00Z"}
until = partial(wait_until, what="what other processes do")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    code: int
    out: str


@pytest.fixture
def database() -> Iterator[str]:
    with own_database(f"foureyes_backup_{os.getpid()}") as url:
        yield url


@pytest.fixture
def other_database() -> Iterator[str]:
    """Where the rows of PostgreSQL are restored to."""
    with own_database(f"foureyes_restore_{os.getpid()}") as url:
        yield url


def dump_and_restore(database: str, other: str, file: Path) -> str:
    """Where the rows are: in the other database by PostgreSQL's own tools, or where they were on a machine without."""
    if not shutil.which("pg_dump"):
        return database
    for command in (
        ["pg_dump", "--format=custom", f"--file={file}", database],
        ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={other}", str(file)],
    ):
        subprocess.run(command, check=True)
    return other


@pytest.fixture
def foureyes(database: str) -> Callable[..., Said]:
    """The command, as an operator types it on the machine of the server."""

    def run(*arguments: object, **variables: str) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "foureyes", *map(str, arguments)],
            env=environment(**{"FOUREYES_DATABASE_URL": database, **variables}),
            capture_output=True,
            text=True,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout + done.stderr)

    return run


def prepared(server: Server) -> str:
    """A run with a file, and an approved schedule of a gated job; the address of the file."""
    jobs = {row["name"]: row["id"] for row in server.call("GET", "/api/extras/jobs/").json()["results"]}
    for key in jobs.values():
        server.call("PATCH", f"/api/extras/jobs/{key}/", json={"enabled": True}).raise_for_status()
    run = server.call("POST", f"/api/extras/jobs/{jobs['Report']}/run/").json()["job_result"]["id"]
    until(lambda: server.call("GET", f"/api/runs/{run}/").json()["completed"])
    schedule = server.call("POST", f"/api/extras/jobs/{jobs['Vault']}/run/", json={"schedule": FUTURE}).json()[
        "schedule"
    ]
    answer = requests.post(
        f"{server.url}/api/extras/scheduled-jobs/{schedule['id']}/approve/",
        headers={"Authorization": f"Token {server.ready['users']['approver']['token']}"},
        timeout=PATIENCE_SECONDS,
    )
    assert answer.json()["approved_at"]
    return f"/api/runs/{run}/files/report.txt/"


def start_reports(server: Server) -> None:
    """Runs that write rows and files while the backup is made."""
    rows = server.call("GET", "/api/extras/jobs/", params={"name": "Report"}).json()["results"]
    for _ in range(10):
        server.call("POST", f"/api/extras/jobs/{rows[0]['id']}/run/").raise_for_status()


def missing_files(server: Server) -> list[str]:
    """Files that rows name and that are not there or are others; every run has ended, one way or another."""
    runs = server.call("GET", "/api/runs/").json()["results"]
    assert all(run["completed"] for run in runs)
    assert any(run["file_count"] for run in runs)
    named = {run["id"]: server.call("GET", f"/api/runs/{run['id']}/files/").json()["results"] for run in runs}
    files = [f"/api/runs/{run}/files/{file['name']}/" for run, rows in named.items() for file in rows]
    return [file for file in files if server.call("GET", file).status_code != 200]


def started(data: Path, jobs: Path, **variables: str) -> Any:
    return serving(data, "--demo", "--jobs", str(jobs), **variables)


def test_a_restored_approval_is_void_and_everything_else_is_there(
    tmp_path: Path, database: str, other_database: str, foureyes: Callable[..., Said]
) -> None:
    jobs, data, there, file = (tmp_path / name for name in ("jobs", "data", "there", "backup.tar"))
    jobs.mkdir()
    if not database:
        assert (foureyes("backup", file, "--data", data).code, data.exists()) == (5, False)
    (jobs / "ops.py").write_text(JOBS)
    with started(data, jobs, FOUREYES_DATABASE_URL=database) as server:
        report = prepared(server)
        if not database:
            start_reports(server)
        made = foureyes("backup", file, "--data", data, FOUREYES_JOBS_DIR=str(jobs))
        assert (made.code, f"{jobs} are not in it" in made.out) == (0, True), made.out
        refused = foureyes("restore", file, "--data", data, "--replace")
        assert (refused.code, "is in use. Stop `foureyes up`" in refused.out) == (5, True)

    restored = foureyes("restore", file, "--data", there)
    assert restored.code == 0, restored.out
    if database:
        assert "run `foureyes restored`" in restored.out
        database = dump_and_restore(database, other_database, tmp_path / "rows.dump")
        restored = foureyes("restored", "--data", there, FOUREYES_DATABASE_URL=database)
        assert restored.code == 0, restored.out
    assert "The approval of request 1 is void (open later)" in restored.out

    with started(there, jobs, FOUREYES_DATABASE_URL=database) as server:
        assert server.call("GET", report).text == "all is well"
        assert missing_files(server) == []
        [schedule] = server.call("GET", "/api/schedules/").json()["results"]
        assert schedule["state"] == "pending"
        asked = "/api/approvals/?state=open"
        [request] = until(lambda: server.call("GET", asked).json()["results"])
        assert request["number"] == 2
        [event] = server.call("GET", "/api/events/?kind=installation.restored").json()["results"]
        assert event["data"]["voided_requests"] == [1]

"""The sample jobs inside the real product: each ends as its description promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import Server, serving, until

pytestmark = pytest.mark.processes
ENDED = {"completed", "failed", "errored"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One demo for all tests of this file; on SQLite, whatever database is under test."""
    with serving(tmp_path_factory.mktemp("demo") / "data", "--demo", FOUREYES_DATABASE_URL="") as server:
        yield server


def job_id(demo: Server, slug: str) -> str:
    [job] = demo.call("GET", f"/api/extras/jobs/?slug={slug}").json()["results"]
    return job["id"]


def ended(demo: Server, run: str) -> dict[str, Any]:
    """The run after its end."""

    def look() -> dict[str, Any] | None:
        row = demo.call("GET", f"/api/runs/{run}/").json()
        return row if row["status"] in ENDED else None

    return until(look, what="the run has ended")


def run(demo: Server, slug: str, **data: Any) -> dict[str, Any]:
    """Run a job as the administrator and wait for its end."""
    answer = demo.call("POST", f"/api/extras/jobs/{job_id(demo, slug)}/run/", json={"data": data})
    assert answer.status_code == 201, answer.text
    return ended(demo, answer.json()["job_result"]["id"])


@pytest.mark.parametrize(
    ("slug", "data", "file"),
    [
        ("local-hello-hello", {"who": "you"}, None),
        ("local-machine-reportresources", {"form": "csv", "folders": ["/"]}, "resources.csv"),
        ("local-machine-checkmachine", {"least_percent": 0}, None),
        ("local-passwords-checkpassword", {"password": "quiet-lantern-4711"}, None),
        ("local-files-backupfolder", {"folder": "/etc/apt"}, "apt.tar.gz"),
        ("local-practice-countslowly", {"steps": 1}, None),
    ],
)
def test_a_job_that_does_well_completes(demo: Server, slug: str, data: dict[str, Any], file: str | None) -> None:
    done = run(demo, slug, **data)
    assert done["status"] == "completed"
    files = demo.call("GET", f"/api/runs/{done['id']}/files/").json()["results"]
    assert [row["name"] for row in files] == ([file] if file else [])


@pytest.mark.parametrize(
    ("how", "status", "cause"),
    [
        ("report", "failed", "job_failed"),
        ("raise", "errored", "exception"),
        ("exit", "errored", "process_died"),
        ("hang", "errored", "soft_limit"),
    ],
)
def test_a_job_can_go_wrong_in_four_ways(demo: Server, how: str, status: str, cause: str) -> None:
    done = run(demo, "local-practice-gowrong", how=how)
    assert (done["status"], done["cause"]) == (status, cause)


def test_purge_runs_dry_at_once_and_not_really_without_approval(demo: Server, tmp_path: Path) -> None:
    job = job_id(demo, "local-files-purgeoldfiles")
    data = {"folder": str(tmp_path), "pattern": "*", "older_than_days": 1, "remove_empty_folders": False}
    demo.call("POST", f"/api/extras/jobs/{job}/run/", json={"data": data})
    answer = demo.call("POST", f"/api/jobs/{job}/dry-run/", json={"data": data})
    assert answer.status_code == 201, answer.text
    assert ended(demo, answer.json()["id"])["status"] == "completed"
    runs = demo.call("GET", f"/api/runs/?job={job}").json()["results"]
    assert [row["purpose"] for row in runs] == ["dry_run"]

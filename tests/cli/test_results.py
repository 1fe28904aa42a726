"""`foureyes results`."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import JOB, RUN, RUN_ID, Recorded

Cli = Callable[..., Any]
BASE = f"/api/runs/{RUN_ID}/"
REPORT = {"name": "report.csv", "size": 1500, "media_type": "text/csv", "sha256": "ff" * 32}
EVIL = {**REPORT, "name": "../../evil.sh"}


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


def test_the_list_names_run_job_status_and_local_times(at_server: Recorded, cli: Cli) -> None:
    at_server.on("GET", "/api/runs/", {"next": None, "results": [RUN]})
    out = cli("results", "list", "--job", "purge-old", "--status", "completed", "--since", "2026-11-01").out
    assert f"{RUN_ID}  Purge old files  completed  alice  2026-11-23 22:00:00 +01:00  2.50 s" in out
    query = at_server.sent("GET", "/api/runs/")[0].query
    assert query == {
        "job": JOB["id"],
        "status": "completed",
        "created__gte": "2026-11-01T00:00:00+01:00",
        "limit": "20",
    }


def test_an_instant_that_is_none_is_wrong_usage(at_server: Recorded, cli: Cli) -> None:
    result = cli("results", "list", "--since", "yesterday")
    assert result.code == 2
    assert "--since: `yesterday` is no instant" in result.err


def test_show_tells_who_asked_for_what_and_what_came_of_it(at_server: Recorded, cli: Cli) -> None:
    out = cli("results", "show", RUN_ID).out
    assert "Outcome       Run completed after 2.50 s." in out
    assert 'Inputs        {"folder": "/tmp"}' in out
    assert "Ended         2026-11-23 22:00:03 +01:00" in out
    assert cli("results", "show", RUN_ID, "--json").json == RUN


@pytest.mark.parametrize("named", ["last", RUN_ID[-8:], RUN_ID[:10]])
def test_a_run_goes_by_a_part_of_its_id_or_as_the_last_one(at_server: Recorded, cli: Cli, named: str) -> None:
    at_server.on("GET", "/api/runs/", {"next": None, "results": [RUN]})
    assert cli("results", "show", named, "--json").json == RUN


def test_a_part_that_fits_two_runs_lists_both(at_server: Recorded, cli: Cli) -> None:
    other = {**RUN, "id": RUN_ID.replace("ab", "cd")}
    at_server.on("GET", "/api/runs/", {"next": None, "results": [RUN, other]})
    result = cli("results", "show", "019ac7")
    assert result.code == 2
    assert other["id"] in result.err
    assert cli("results", "show", "nonsense").code == 4


def test_the_log_is_read_page_by_page(at_server: Recorded, cli: Cli) -> None:
    entries = [
        {
            "sequence": n,
            "created": "2026-11-23T21:00:00Z",
            "level": "warning",
            "grouping": "test_it",
            "message": f"m{n}\nx",
        }
        for n in range(3)
    ]
    pages = [{"results": entries[:2], "next": 1}, {"results": entries[2:], "next": None}]
    at_server.on("GET", f"{BASE}logs/", *pages)
    out = cli("results", "logs", RUN_ID, "--level", "warning").out
    assert out.startswith("22:00:00 warning test_it: m0\n                 x\n")
    assert out.count("test_it") == 3
    asked = [sent.query for sent in at_server.sent("GET", f"{BASE}logs/")]
    assert asked == [{"limit": "1000", "level": "warning"}, {"limit": "1000", "level": "warning", "after": "1"}]


def test_the_log_as_json_is_one_entry_a_line(at_server: Recorded, cli: Cli) -> None:
    entry = {"sequence": 0, "created": "2026-11-23T21:00:00Z", "level": "info", "message": "a\nb"}
    at_server.on("GET", f"{BASE}logs/", {"results": [entry], "next": None})
    assert [json.loads(line) for line in cli("results", "logs", RUN_ID, "--json").out.splitlines()] == [entry]


def test_cancelling_tells_whether_it_has_ended(at_server: Recorded, cli: Cli) -> None:
    at_server.on("POST", f"{BASE}cancel/", {**RUN, "status": "running"}, {**RUN, "status": "errored"})
    assert "is being cancelled" in cli("results", "cancel", RUN_ID).out
    assert "is cancelled" in cli("results", "cancel", RUN_ID).out


def test_a_run_that_has_ended_cannot_be_cancelled(at_server: Recorded, cli: Cli) -> None:
    at_server.on("POST", f"{BASE}cancel/", {"detail": "The run has ended.", "code": "run_ended"}, status=409)
    result = cli("results", "cancel", RUN_ID)
    assert result.code == 5
    assert result.err.strip() == "Error: The run has ended."


def test_changes_are_a_table(at_server: Recorded, cli: Cli) -> None:
    change = {"sequence": 0, "target": "/tmp/a", "before": {"size": 3}, "after": None, "summary": "remove"}
    at_server.on("GET", f"{BASE}changes/", {"next": None, "results": [change]})
    assert '/tmp/a  {"size": 3}         remove' in cli("results", "changes", RUN_ID).out


@pytest.fixture
def files(at_server: Recorded, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at_server.on("GET", f"{BASE}files/", {"next": None, "results": [REPORT, EVIL]})
    at_server.on("GET", f"{BASE}files/report.csv/", b"a,b\n")
    at_server.on("GET", f"{BASE}files/..%2F..%2Fevil.sh/", b"rm\n")
    folder = home / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_files_are_listed_with_size_and_hash(files: Path, cli: Cli) -> None:
    assert f"report.csv     1.5 kB  text/csv  {'ff' * 32}" in cli("results", "files", RUN_ID).out


def test_a_named_file_is_downloaded_under_its_name_and_nothing_is_overwritten(files: Path, cli: Cli) -> None:
    assert cli("results", "files", RUN_ID, "report.csv").code == 0
    assert (files / "report.csv").read_text() == "a,b\n"
    refused = cli("results", "files", RUN_ID, "report.csv")
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert cli("results", "files", RUN_ID, "report.csv", "--force").code == 0


def test_all_files_go_into_a_folder_and_none_outside_of_it(files: Path, cli: Cli) -> None:
    assert cli("results", "files", RUN_ID, "-o", "reports/").code == 0
    assert sorted(path.name for path in (files / "reports").iterdir()) == ["evil.sh", "report.csv"]
    assert not (files.parent / "evil.sh").exists()


def test_a_file_goes_to_another_name_or_to_standard_output(files: Path, cli: Cli) -> None:
    assert cli("results", "files", RUN_ID, "report.csv", "-o", "other.csv").code == 0
    assert (files / "other.csv").read_text() == "a,b\n"
    assert cli("results", "files", RUN_ID, "report.csv", "-o", "-").out == "a,b\n"


def test_an_unknown_file_brings_the_known_ones(files: Path, cli: Cli) -> None:
    result = cli("results", "files", RUN_ID, "report.txt")
    assert result.code == 4
    assert "It made report.csv" in result.err


def test_a_place_that_cannot_be_written_is_told(files: Path, cli: Cli) -> None:
    result = cli("results", "files", RUN_ID, "report.csv", "-o", "/proc/nowhere/x")
    assert result.code == 2
    assert "cannot be written" in result.err

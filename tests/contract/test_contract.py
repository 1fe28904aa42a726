"""Plays the contract cases against a fresh server. The cases that pass are listed; the list only grows."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import TOKEN, own_database, serving

KIT = Path(__file__).parent
PASSING = KIT / "passing.txt"
# Parts of the interface that are there.
TOPICS = ("01-", "02-", "03-", "04-", "05-", "06-", "07-", "08-", "10-", "11-")


def listed() -> set[str]:
    """The ids of `passing.txt`."""
    return {line.strip() for line in PASSING.read_text().splitlines() if line.strip() and not line.startswith("#")}


def play(url: str, report: Path, folder: Path) -> str:
    """Run the replay and return what it printed."""
    command = [sys.executable, "-m", "foureyes", "workers"]
    access = ["--url", url, "--token", TOKEN]
    arguments = [sys.executable, str(KIT / "replay.py"), "--url", url, "--admin-token", TOKEN, "--report", str(report)]
    arguments += ["--stop-workers", shlex.join([*command, "drain", *access])]
    arguments += ["--start-workers", shlex.join([*command, "resume", *access])]
    for topic in TOPICS:
        arguments += ["--only", topic]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    played = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)
    return played.stdout + played.stderr


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_every_listed_case_passes_and_every_passing_case_is_listed(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    jobs = ("--jobs", str(KIT / "world" / "jobs"))
    name = f"foureyes_contract_{os.getpid()}"
    with own_database(name) as url, serving(tmp_path / "data", *jobs, FOUREYES_DATABASE_URL=url) as server:
        said = play(server.url, report, tmp_path)

    assert report.exists(), said
    results = {result["id"]: result["result"] for result in json.loads(report.read_text())}
    passed = {case for case, result in results.items() if result == "passed" and case.startswith(TOPICS)}
    broken = sorted(listed() - passed)
    assert not broken, f"These cases passed before: {' '.join(broken)}\n\n{said}"
    new = sorted(passed - listed())
    assert not new, "These cases pass now; add them to tests/contract/passing.txt:\n" + "\n".join(new) + f"\n\n{said}"

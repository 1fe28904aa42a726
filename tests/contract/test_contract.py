"""Plays the contract cases against a fresh server: all of them pass, and none is left out."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import TOKEN, own_database, serving

KIT = Path(__file__).parent


def play(url: str, report: Path, folder: Path) -> str:
    """Run the replay and return what it printed."""
    command = [sys.executable, "-m", "foureyes", "workers"]
    access = ["--url", url, "--token", TOKEN]
    arguments = [sys.executable, str(KIT / "replay.py"), "--url", url, "--admin-token", TOKEN, "--report", str(report)]
    arguments += ["--stop-workers", shlex.join([*command, "drain", *access])]
    arguments += ["--start-workers", shlex.join([*command, "resume", *access])]
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    played = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)
    return played.stdout + played.stderr


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_every_case_passes(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    jobs = ("--jobs", str(KIT / "world" / "jobs"))
    name = f"foureyes_contract_{os.getpid()}"
    with own_database(name) as url, serving(tmp_path / "data", *jobs, FOUREYES_DATABASE_URL=url) as server:
        said = play(server.url, report, tmp_path)

    assert report.exists(), said
    results = {result["id"]: result["result"] for result in json.loads(report.read_text())}
    cases = {case["id"] for file in (KIT / "cases").glob("*.json") for case in json.loads(file.read_text())["cases"]}
    assert set(results) == cases
    assert set(results.values()) == {"passed"}, said

"""The lines of the README work when typed in order, from `make up` on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.docs.guide import LEFT_OUT, TREE, executable, is_start
from tests.serving import TOKEN, Server, own_database, serving, until

BLOCKS = [block.text for block in executable("README.md", "sh") if not is_start(block)]
[SOURCE] = [block.text for block in executable("README.md", "python")]
[FILE] = re.findall(r"^# (\w+\.py)\n", SOURCE)
MAKE = re.compile(r"^make (\w+)$", re.MULTILINE)
pytestmark = [pytest.mark.processes, pytest.mark.any_database]


def test_every_target_of_make_is_there() -> None:
    targets = re.findall(r"^(\w+):", (TREE / "Makefile").read_text(), re.MULTILINE)
    named = {target for _, text in LEFT_OUT for target in MAKE.findall(text)}
    assert named == {"up", "test", "install", "bench"}
    assert named <= set(targets)


def test_every_line_works_on_the_demo(tmp_path: Path) -> None:
    with (
        own_database(f"foureyes_readme_{os.getpid()}") as url,
        serving(tmp_path / "data", "--demo", FOUREYES_DATABASE_URL=url) as demo,
    ):
        reader = Reader(demo, tmp_path)
        (tmp_path / "data/jobs" / FILE).write_text(SOURCE)
        until(lambda: job(demo, "FreeSpace"), what="the new job is found")
        for block in BLOCKS:
            reader.type(block)
        names = {run["name"] for run in demo.call("GET", "/api/runs/").json()["results"]}
        assert names == {"local/hello/Hello", "local/files/PurgeOldFiles", "local/free_space/FreeSpace"}
        until(lambda: not (tmp_path / "old-logs/a.log").exists(), what="what was approved has run")


def job(demo: Server, name: str) -> str:
    """The id of a job; empty while there is none."""
    rows = demo.call("GET", "/api/extras/jobs/", params={"name": name}).json()["results"]
    return rows[0]["id"] if rows else ""


class Reader:
    """Types blocks into one shell after another, with what the reader has to fill in."""

    def __init__(self, demo: Server, folder: Path) -> None:
        self._folder = folder
        self._filled = {
            "TOKEN=...": f"TOKEN={TOKEN}",
            "APPROVER": demo.ready["users"]["approver"]["token"],
            "http://127.0.0.1:8000": demo.url,
            "/ID/": f"/{job(demo, 'Say hello')}/",
            ". .venv/bin/activate": ":",  # the commands are on the path
            "/tmp/old-logs": str(folder / "old-logs"),
        }

    def type(self, block: str) -> None:
        for written, real in self._filled.items():
            block = block.replace(written, real)
        done = subprocess.run(
            ["bash", "-e", "-c", f"TOKEN={TOKEN}\n{block.replace('curl ', 'curl --fail-with-body ')}"],
            cwd=self._folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"

    def _environment(self) -> dict[str, Any]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return {
            "PATH": path,
            "HOME": str(self._folder),
            "FOUREYES_DATA_DIR": str(self._folder / "data"),
            "no_proxy": "*",
        }

"""The lines of the README work when typed in order, from `make up` on."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.serving import TOKEN, Server, own_database, serving, until

TREE = Path(__file__).parents[2]
README = (TREE / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
FILE, SOURCE = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", README, re.DOTALL)[0]
MAKE = re.compile(r"make (\w+)\n")
pytestmark = pytest.mark.processes


def test_every_target_of_make_is_there() -> None:
    targets = re.findall(r"^(\w+):", (TREE / "Makefile").read_text(), re.MULTILINE)
    named = {target for block in BLOCKS for target in MAKE.findall(block)}
    assert named == {"up", "test", "install"}
    assert named <= set(targets)


def test_every_line_works_on_the_demo(tmp_path: Path) -> None:
    with (
        own_database(f"foureyes_readme_{os.getpid()}") as url,
        serving(tmp_path / "data", "--demo", FOUREYES_DATABASE_URL=url) as demo,
    ):
        reader = Reader(demo, tmp_path)
        (tmp_path / "data/jobs" / FILE).write_text(f"# {FILE}\n{SOURCE}")
        until(lambda: job(demo, "FreeSpace"), what="the new job is found")
        for block in BLOCKS:
            if not MAKE.match(block):
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

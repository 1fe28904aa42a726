"""The guides for operators, requesters and approvers, typed one after another into a new installation.

What the command line would ask for is answered here: passwords. Nothing else is added to the lines.
"""

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import cli as cli
from tests.serving import PASSWORD, Server, own_database, serving, until

DOCS = Path(__file__).parents[2] / "docs"
SAMPLES = DOCS.parent / "src" / "foureyes" / "samples"
GUIDES = ("operations.md", "user-guide/running.md", "user-guide/approving.md")
FOLDER = "/srv/builds"
JOBS = 2
pytestmark = pytest.mark.processes

Cli = Callable[..., Any]


def lines_of(guide: str) -> list[str]:
    """Every line of its shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / guide).read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """Seven builds, the later the younger."""
    folder = tmp_path / "builds"
    for number in range(7):
        (folder / f"build-{number}").mkdir(parents=True)
        os.utime(folder / f"build-{number}", (number, number))
    return folder


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A new installation with one sample job and the example of the authors' guide; nobody is signed in."""
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "hello.py").write_text((SAMPLES / "hello.py").read_text())
    [example] = re.findall(r"```python\n(.*?)```", (DOCS / "user-guide" / "jobs.md").read_text(), re.DOTALL)
    (jobs / "builds.py").write_text(example)
    with (
        own_database(f"foureyes_guides_{os.getpid()}") as url,
        serving(tmp_path / "data", "--jobs", str(jobs), FOUREYES_DATABASE_URL=url) as started,
    ):
        for name in ("FOUREYES_TOKEN", "FOUREYES_DATA_DIR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("FOUREYES_URL", started.url)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
        until(lambda: started.call("GET", "/api/extras/jobs/").json()["count"] == JOBS, what="the jobs are found")
        yield started


def typed(cli: Cli, line: str, builds: Path) -> None:
    program, *words = shlex.split(line.replace(FOLDER, str(builds)))
    assert program == "foureyes", line
    asks = {"login": ["--password", "-"], "users": ["--password-stdin"]}.get(words[0], [])
    result = cli(*words, *asks, stdin=f"{PASSWORD}\n" if asks else None)
    fine = {0, 1} if words[0] == "doctor" else {0}  # 1: it found what is in the way
    assert result.code in fine, f"{line}\n{result.out}{result.err}"


def test_every_line_works_when_typed_in_order(server: Server, cli: Cli, builds: Path) -> None:
    for guide in GUIDES:
        for line in lines_of(guide):
            typed(cli, line, builds)

    until(lambda: len(list(builds.iterdir())) == 5, what="what was approved has run")
    assert sorted(path.name for path in builds.iterdir()) == [f"build-{number}" for number in range(2, 7)]
    states = {row["number"]: row["state"] for row in cli("approvals", "list", "--all", "--json").json}
    assert states == {1: "granted", 2: "denied"}
    assert [len(lines_of(guide)) > 10 for guide in GUIDES] == [True, True, True]

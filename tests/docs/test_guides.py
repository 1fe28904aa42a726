"""The guides for operators, requesters, approvers and authors, typed one after another into a new installation.

Then it is backed up, stopped, restored beside itself, and upgraded, as the guide for operators says.
"""

import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import cli as cli
from tests.docs.guide import Block, executable, is_start, unit_in
from tests.docs.reader import Reader
from tests.serving import own_database, serving, until

OPERATIONS = "docs/operations.md"
PAGES = ("docs/user-guide/running.md", "docs/user-guide/approving.md", "docs/user-guide/jobs.md")
SAMPLES = Path(__file__).parents[2] / "src" / "foureyes" / "samples"
JOBS = 2
pytestmark = pytest.mark.processes

Cli = Callable[..., Any]


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """Seven builds, the later the younger."""
    folder = tmp_path / "builds"
    for number in range(7):
        (folder / f"build-{number}").mkdir(parents=True)
        os.utime(folder / f"build-{number}", (number, number))
    return folder


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    """One sample job, and the example of the guide for authors."""
    folder = tmp_path / "jobs"
    folder.mkdir()
    shutil.copy(SAMPLES / "hello.py", folder)
    [example] = executable("docs/user-guide/jobs.md", "python")
    (folder / "builds.py").write_text(example.text)
    return folder


@pytest.fixture
def database() -> Iterator[str]:
    with own_database(f"foureyes_guides_{os.getpid()}") as url:
        if url and shutil.which("pg_dump") is None:
            missing = "PostgreSQL's pg_dump is not installed (Debian package `postgresql-client`)"
            pytest.fail(missing) if os.environ.get("FOUREYES_REQUIRE_SERVICES") == "1" else pytest.skip(missing)
        yield url


@pytest.fixture
def other_database() -> Iterator[str]:
    """Where rows of PostgreSQL are restored to."""
    with own_database(f"foureyes_guides_restored_{os.getpid()}") as url:
        yield url


@pytest.fixture
def reader(
    tmp_path: Path, cli: Cli, builds: Path, database: str, other_database: str, monkeypatch: pytest.MonkeyPatch
) -> Reader:
    """Nobody is signed in yet."""
    for name in ("FOUREYES_TOKEN", "FOUREYES_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "backups").mkdir()
    return Reader(
        cli=cli,
        here={"/srv/builds": str(builds), "/srv/": f"{tmp_path}/"},
        # A reader restores later than a test: nobody waits for a worker of the backup to count as gone.
        variables={
            "FOUREYES_DATABASE_URL": database,
            "NEW_DATABASE_URL": other_database,
            "FOUREYES_WORKER_STALE_SECONDS": "2",
        },
    )


def test_every_line_works_when_typed_in_order(
    tmp_path: Path, jobs: Path, builds: Path, database: str, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = by_heading(executable(OPERATIONS, "sh"))
    of_database = operations.pop("Backup and restore"), operations.pop("With PostgreSQL")
    back_up, restore = of_database[bool(database)]
    back_up_before, upgrade, look = operations.pop("Upgrade")
    [start] = [block for block in executable("README.md", "sh") if is_start(block)]
    arguments = shlex.split(reader.as_here(start.text))[2:]

    with serving(tmp_path / "foureyes", *arguments, FOUREYES_DATABASE_URL=database) as server:
        monkeypatch.setenv("FOUREYES_URL", server.url)
        until(lambda: server.call("GET", "/api/extras/jobs/").json()["count"] == JOBS, what="the jobs are found")
        reader.type(operations.pop("The first people"))
        for page in PAGES:
            reader.type(executable(page, "sh", "console"))
        until(lambda: len(list(builds.iterdir())) == 5, what="what was approved has run")
        reader.type([back_up, back_up_before])
    assert sorted(path.name for path in builds.iterdir()) == [f"build-{number}" for number in range(2, 7)]

    reader.type([restore, upgrade])

    service = unit_in(OPERATIONS)["Service"]
    program, *arguments = shlex.split(reader.as_here(service["ExecStart"]))
    assert (Path(program).name, arguments.pop(0)) == ("foureyes", "up")
    with serving(tmp_path / "foureyes", *arguments, FOUREYES_DATABASE_URL=database) as server:
        monkeypatch.setenv("FOUREYES_URL", server.url)
        reader.sign_in("admin")
        reader.type([look])
        rows = server.call("GET", "/api/approvals/").json()["results"]
        assert {row["number"]: row["state"] for row in rows} == {1: "granted", 2: "denied"}
    assert operations == {}


def by_heading(blocks: list[Block]) -> dict[str, list[Block]]:
    """The blocks of a page by the heading above them."""
    return {block.heading: [one for one in blocks if one.heading == block.heading] for block in blocks}

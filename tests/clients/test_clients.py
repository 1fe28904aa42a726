"""Real clients, each in an environment of its own, do with a real installation what their users do."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serving import TOKEN, Server, own_database, serving

from .environments import python_with

HERE = Path(__file__).parent
pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An installation with an administrator and an approver."""
    with (
        own_database(f"foureyes_clients_{os.getpid()}") as url,
        serving(
            tmp_path_factory.mktemp("clients") / "data",
            "--demo",
            "--jobs",
            str(HERE / "jobs"),
            FOUREYES_DATABASE_URL=url,
        ) as started,
    ):
        yield started


@pytest.mark.parametrize("version", ["1", "3"])
def test_a_script_for_the_client_works_unchanged(server: Server, version: str, tmp_path: Path) -> None:
    python = python_with(f"clients-{version}")
    script = HERE / {"1": "with_1_5.py", "3": "with_3.py"}[version]
    told = {"SERVER": server.url, "TOKEN": TOKEN, "APPROVER": server.ready["users"]["approver"]["token"]}
    done = subprocess.run(
        [str(python), str(script)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr

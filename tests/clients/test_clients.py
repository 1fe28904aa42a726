"""Real clients, each in an environment of its own, do with a real installation what their users do."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.guide import executable
from tests.serving import TOKEN, Server, own_database, serving

from .environments import python_with

HERE = Path(__file__).parent
pytestmark = pytest.mark.processes


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
    script = HERE / {"1": "with_1_5.py", "3": "with_3.py"}[version]
    run(version, script, server, tmp_path)


def test_the_example_in_the_guide_works(server: Server, tmp_path: Path) -> None:
    [example] = executable("docs/user-guide/rest-api.md", "python")
    jobs = server.call("GET", "/api/extras/jobs/", params={"name": "Say hello"}).json()["results"]
    server.call("PATCH", f"/api/extras/jobs/{jobs[0]['id']}/", json={"enabled": True}).raise_for_status()
    script = tmp_path / "example.py"
    script.write_text(f'TOKEN = "{TOKEN}"\n' + example.text.replace("http://127.0.0.1:8000", server.url))
    assert run("3", script, server, tmp_path) == "Completed\n"


def run(version: str, script: Path, server: Server, home: Path) -> str:
    """What the script prints in the environment of that client."""
    told = {"SERVER": server.url, "TOKEN": TOKEN, "APPROVER": server.ready["users"]["approver"]["token"]}
    done = subprocess.run(
        [str(python_with(f"clients-{version}")), str(script)],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "no_proxy": "*", **told},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout

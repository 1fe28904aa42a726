"""The lines of the guide to the REST API are executed as they stand there, with real curl against a real installation.

Only the host, tokens and ids are replaced, as a reader does. An answer in the guide may be shorter than the real one.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.docs.guide import TREE, executable
from tests.serving import TOKEN, Server, own_database, serving, until

PAGE = "docs/user-guide/rest-api.md"
GUIDE = (TREE / PAGE).read_text()


def calls() -> list[tuple[str, str]]:
    """What is typed, each with the answer that stands below it, if one does."""
    found: list[tuple[str, str]] = []
    for block in executable(PAGE, "sh", "json"):
        if block.language == "sh":
            found.append((block.text, ""))
        else:
            typed, before = found.pop()
            assert not before, "two answers to one call"
            found.append((typed, block.text))
    return found


BLOCKS = calls()
HOST = "http://127.0.0.1:8000"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
ASSIGNMENT = re.compile(r"([A-Z_]+)=(\S+)\n")
# The lines of the 1.x page about schedules and approvals, without host, token and id.
START = '"start_time": "2030-01-01T01:00:00.000Z"'
OF_THE_PAGE = (
    f"""/run/ \\\n--data '{{"schedule": {{"name": "test", "interval": "future", {START}}}}}'\n""",
    f"""--data '{{"schedule": {{"name": "test", "interval": "custom", {START}, "crontab": "*/15 * * * *"}}}}'\n""",
    "/api/extras/scheduled-jobs/$JOB_ID/approve?force=true\n",
)
OF_THE_FILE_JOB = "01a2142d-4b3e-7b6c-9c67-3a1de8a3f0aa"  # the one id that no answer in the guide tells
WITH_FILE = """
from foureyes.jobs import FileVar, Job, StringVar


class ReadFile(Job):
    myfile = FileVar()
    interval = StringVar()

    class Meta:
        name = "Read a file"
        has_sensitive_variables = False

    def run(self, *, myfile, interval):
        return myfile.read().decode() + interval
"""
pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo, and one job more that takes a file."""
    data = tmp_path_factory.mktemp("guide") / "data"
    with (
        own_database(f"foureyes_guide_{os.getpid()}") as url,
        serving(data, "--demo", FOUREYES_DATABASE_URL=url) as demo,
    ):
        (data / "jobs" / "with_file.py").write_text(WITH_FILE)
        yield demo


class Reader:
    """Types the lines of the guide, with what stands for them here. Learns ids by comparing answers."""

    def __init__(self, server: Server, folder: Path) -> None:
        file = folder / "file.txt"
        file.write_text("content")
        tokens = [value for name, value in ASSIGNMENT.findall(GUIDE) if name == "TOKEN"]
        self.known = {HOST: server.url, "/path/to/my/file.txt": str(file)}
        self.known |= dict(zip(tokens, (TOKEN, server.ready["users"]["approver"]["token"]), strict=True))
        self.variables: dict[str, str] = {}

    def here(self, text: str) -> str:
        """What the guide writes, as it is here."""
        for written, real in self.known.items():
            text = text.replace(written, real)
        return text

    def type(self, lines: str) -> str:
        """Execute the lines, and give what they print."""
        self.variables |= dict(ASSIGNMENT.findall(self.here(lines)))
        done = subprocess.run(
            ["bash", "-c", self.here(lines)],
            env={"PATH": os.environ["PATH"], "no_proxy": "*", **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{lines}\n{done.stderr}"
        return done.stdout

    def sees(self, lines: str, written: Any) -> bool:
        """Is what the lines print what the guide has below them?"""
        return self.fits(written, json.loads(self.type(lines)))

    def fits(self, written: Any, real: Any) -> bool:
        """Is the answer what the guide says, with these ids and instants, and perhaps more keys?"""
        if isinstance(written, dict):
            return isinstance(real, dict) and all(key in real and self.fits(written[key], real[key]) for key in written)
        if isinstance(written, list):
            return isinstance(real, list) and len(real) == len(written) and all(map(self.fits, written, real))
        if isinstance(written, str) and UUID.fullmatch(written):
            return isinstance(real, str) and bool(UUID.fullmatch(real)) and self.known.setdefault(written, real) == real
        if isinstance(written, str) and INSTANT.fullmatch(written):
            return isinstance(real, str) and bool(INSTANT.fullmatch(real))
        return type(written) is type(real) and (self.here(written) if isinstance(written, str) else written) == real


def job_named(server: Server, name: str) -> Callable[[], Any]:
    return lambda: server.call("GET", "/api/extras/jobs/", params={"name": name}).json()["results"]


def test_lines_of_the_1_x_page_stand_in_the_guide_unchanged() -> None:
    for line in OF_THE_PAGE:
        assert any(line in block for block, _ in BLOCKS), line
    head = '-H "Authorization: Token $TOKEN" \\\n-H "Content-Type: application/json" \\\n'
    accept = '-H "Accept: application/json; version=1.3; indent=4" \\\n'
    posts = [block for block, _ in BLOCKS if block.startswith("curl -X POST") and "multipart" not in block]
    assert len(posts) > 8
    assert all(block.startswith(f"curl -X POST \\\n{head}{accept}{HOST}/api/extras/") for block in posts)


def test_every_line_of_the_guide_does_what_the_guide_says(server: Server, tmp_path: Path) -> None:
    reader = Reader(server, tmp_path)
    [job] = until(job_named(server, "Read a file"), what="the job is found")
    server.call("PATCH", f"/api/extras/jobs/{job['id']}/", json={"enabled": True}).raise_for_status()
    reader.known[OF_THE_FILE_JOB] = job["id"]

    for lines, written in BLOCKS:
        if not written:
            assert not is_refusal(reader.type(lines)), lines
        elif "/job-results/" in lines:  # of a run that goes on
            until(partial(reader.sees, lines, json.loads(written)), what=f"{lines}{written}")
        else:
            assert reader.sees(lines, json.loads(written)), f"{lines}{written}"

    denied = reader.variables["JOB_ID"]
    assert server.call("GET", f"/api/extras/scheduled-jobs/{denied}/").status_code == 404
    assert server.call("GET", "/api/extras/scheduled-jobs/?name=test").json()["count"] == 3


def is_refusal(answer: str) -> bool:
    shown = json.loads(answer) if answer else {}
    return isinstance(shown, str) or bool({"detail", "errors"} & set(shown))

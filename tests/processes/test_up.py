"""The process tree of `foureyes up`, from its start to every way it can end."""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.serving import (
    PASSWORD,
    PATIENCE_SECONDS,
    TOKEN,
    Server,
    alive,
    children_of,
    launch,
    own_database,
    serving,
    tree_of,
    until,
)

pytestmark = pytest.mark.processes

LONG_JOB = '''
import os
import subprocess
import sys
import time

from foureyes.jobs import Job


class Lingers(Job):
    """Has a child of its own, and one that left the process group; it does not let itself be cancelled."""

    class Meta:
        has_sensitive_variables = False

    def run(self, data, commit):
        sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
        children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
        self.log_info(message=" ".join(str(pid) for pid in [os.getpid(), *(child.pid for child in children)]))
        while True:
            try:
                time.sleep(300)
            except BaseException:
                self.log_info(message="no")
'''


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database of the kind under test, as variables of a server."""
    with own_database(f"foureyes_up_{os.getpid()}") as url:
        yield {"FOUREYES_DATABASE_URL": url}


def test_first_start_makes_one_administrator_and_says_so_in_the_ready_file(tmp_path: Path, database) -> None:
    with serving(tmp_path / "data", **database) as server:
        file = tmp_path / "data.ready.json"
        assert server.ready["users"] == {"admin": {"password": PASSWORD, "token": TOKEN}}
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert server.call("GET", "/health/").json() == {"database": "ok", "workers": 1, "scheduler": "ok"}
        [admin] = server.call("GET", "/api/users/users/").json()["results"]
        assert (admin["username"], admin["email"]) == ("admin", "")
        assert json.loads((tmp_path / "data/run/server.json").read_text()) == {"url": server.url}


def test_second_start_goes_on_with_the_same_data(tmp_path: Path, database) -> None:
    with serving(tmp_path / "data", "--demo", **database) as server:
        first = server.ready["users"]
        jobs = server.call("GET", "/api/extras/jobs/?limit=0").json()["results"]
        assert all(job["enabled"] for job in jobs)
        people = server.call("GET", "/api/users/users/").json()["results"]
        assert {(one["username"], one["first_name"], one["last_name"]) for one in people} == {
            ("admin", "Mei", "Tanaka"),
            ("approver", "Amara", "Okafor"),
        }
        assert server.stop() == 0
    log = (tmp_path / "data.log").read_text()
    assert set(first) == {"admin", "approver"}
    assert first["approver"]["password"] in log
    assert "user approver, Amara Okafor on pages" in log

    with serving(tmp_path / "data", "--demo", **database) as server:
        assert server.ready["users"] == first
        assert {job["id"] for job in server.call("GET", "/api/extras/jobs/?limit=0").json()["results"]} == {
            job["id"] for job in jobs
        }
        assert stat.S_IMODE((tmp_path / "data/demo-credentials.json").stat().st_mode) == 0o600


def test_sigterm_and_sigint_end_the_whole_tree_with_code_0(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        with serving(tmp_path / f"data{number}") as server:
            tree = tree_of(server.pid)
            assert len(tree) >= 4  # the parent, web server, scheduler, worker
            server.process.send_signal(number)
            assert server.process.wait(PATIENCE_SECONDS) == 0
            until(lambda tree=tree: not alive(tree), what="no process is left")
            assert not (tmp_path / f"data{number}/run/server.json").exists()


def test_kill_9_of_the_parent_leaves_no_orphan_not_even_of_running_jobs(tmp_path: Path, database) -> None:
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    (jobs / "lingering.py").write_text(LONG_JOB)
    with serving(tmp_path / "data", "--jobs", str(jobs), **database) as server:
        pids = run_lingering(server)
        tree = tree_of(server.pid) | pids
        assert alive(pids) == pids

        os.kill(server.pid, signal.SIGKILL)

        server.process.wait()
        until(lambda: not alive(tree), what="no process is left")


def test_a_start_right_after_kill_9_waits_for_what_is_left(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as killed:
        os.kill(killed.pid, signal.SIGKILL)
        with serving(tmp_path / "data") as server:
            assert server.call("GET", "/health/").json()["workers"] == 1


def run_lingering(server: Server) -> set[int]:
    """Start the long job and return its process with its children."""
    [job] = server.call("GET", "/api/extras/jobs/").json()["results"]
    assert server.call("PATCH", f"/api/extras/jobs/{job['id']}/", json={"enabled": True}).json()["enabled"]
    answer = server.call("POST", f"/api/extras/jobs/{job['id']}/run/", json={"data": {}})
    assert answer.status_code == 201, answer.text
    logs = f"/api/extras/job-results/{answer.json()['job_result']['id']}/logs/"

    def said() -> set[int]:
        messages = [line["message"] for line in server.call("GET", logs).json()]
        return {int(word) for message in messages for word in message.split() if word.isdigit()}

    return until(lambda: len(said()) >= 3 and said(), what="the job has named its processes")


def test_a_crashed_process_is_started_again(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        first = children_of(server.pid)
        for child in first:
            os.kill(child, signal.SIGKILL)
            until(lambda child=child: child not in alive({child}), what="the child is gone")

        until(lambda: len(children_of(server.pid)) == len(first), what="as many children are back")
        until(lambda: answers(server), what="the web server answers")
        assert server.process.poll() is None
        assert "process.crashed" in server.log.read_text()


def answers(server: Server) -> bool:
    try:
        return server.call("GET", "/health/").status_code == 200
    except OSError:
        return False


def test_a_port_in_use_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process, log = launch(tmp_path / "data", "--port", str(port))
        assert process.wait(PATIENCE_SECONDS) == 5
    assert f"Cannot listen on port {port} of 127.0.0.1: Address already in use" in log.read_text()


def test_a_data_folder_in_use_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        process, log = launch(tmp_path / "data")
        assert process.wait(PATIENCE_SECONDS) == 5
        assert f"is in use by another `foureyes up` (process {server.pid})" in log.read_text()
        assert answers(server)


def test_a_database_that_does_not_answer_is_refused_with_a_sentence(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    process, log = launch(tmp_path / "data", FOUREYES_DATABASE_URL=url)
    assert process.wait(PATIENCE_SECONDS) == 6
    assert "The database (127.0.0.1) cannot be reached" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    process, log = launch(tmp_path / "data", "--jobs", str(tmp_path / "file" / "jobs"))
    assert process.wait(PATIENCE_SECONDS) == 2
    assert "cannot be made: Not a directory" in log.read_text()

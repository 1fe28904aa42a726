"""Jobs as another operating-system user: what they cannot reach, and that they are held and ended all the same."""

import contextlib
import os
import pwd
import shutil
import site
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serving import Server, alive, own_database, serving, tree_of, until

import foureyes
from foureyes.conf import Conf
from foureyes.execution.folders import bundle_root

SOMEBODY = "nobody"
SOURCE = Path(foureyes.__file__).parents[1]
PYTHON_PATH = os.pathsep.join([str(SOURCE), *site.getsitepackages()])


def usable_python() -> str | None:
    """An interpreter that this user may execute, with the product in its reach; ours may lie in root's home."""
    account = pwd.getpwnam(SOMEBODY)
    for candidate in (
        sys.executable,
        shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"),
    ):
        with contextlib.suppress(OSError, TypeError):
            done = subprocess.run(
                [
                    str(candidate),
                    "-P",
                    "-c",
                    "import foureyes.sandbox.forkserver, uuid_utils, csv, django.contrib.auth",
                ],
                env={"PYTHONPATH": PYTHON_PATH, "DJANGO_SETTINGS_MODULE": "foureyes.sandbox.settings"},
                user=account.pw_uid,
                group=account.pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
            )
            if done.returncode == 0:
                return candidate
    return None


PYTHON = usable_python() if os.geteuid() == 0 else None
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else"),
    pytest.mark.skipif(
        os.geteuid() == 0 and PYTHON is None, reason=f"{SOMEBODY} can execute no Python with the product"
    ),
]

JOBS = '''
import os
import subprocess
import sys
import time

from foureyes.jobs import ChoiceVar, Job, TextVar


def users():
    return [(str(os.getuid()), "the user who asks")]


class Spies(Job):
    """Opens whatever it is told and says what it got."""

    paths = TextVar()
    user = ChoiceVar(choices=users)

    class Meta:
        has_sensitive_variables = False

    def run(self, data, commit):
        with self.open_file("mine.txt") as file:
            file.write("written")
        self.log_info(message=f"{data['user']} {os.getuid()} {os.getgid()} {os.getgroups()} {os.environ['USER']}")
        return sorted(path for path in data["paths"].splitlines() if self.reaches(path))

    def reaches(self, path):
        try:
            if os.path.isdir(path):
                return os.listdir(path)
            with open(path, "rb") as file:
                return file.read(1)
        except OSError:
            return False


class Rises(Job):
    """Wants to be root again."""

    class Meta:
        has_sensitive_variables = False

    def run(self, data, commit):
        os.setuid(0)


class Lingers(Job):
    """Has a child of its own, and one that left the process group; it does not let itself be cancelled."""

    class Meta:
        has_sensitive_variables = False

    def run(self, data, commit):
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
        self.log_info(message=" ".join(str(pid) for pid in [os.getpid(), *(child.pid for child in children)]))
        while True:
            try:
                time.sleep(600)
            except BaseException:
                self.log_info(message="no")


class Overstays(Lingers):
    class Meta:
        has_sensitive_variables = False
        soft_time_limit = 1
        time_limit = 3
'''


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """An installation whose data folder is closed by its own mode alone, not by the folder above it."""
    folder = Path(tempfile.mkdtemp(prefix="foureyes-user-"))
    folder.chmod(0o755)
    (folder / "jobs").mkdir()
    (folder / "jobs" / "spying.py").write_text(JOBS)
    variables = {
        "FOUREYES_RUN_AS_USER": SOMEBODY,
        "FOUREYES_CANCEL_GRACE_SECONDS": "0.2",
        "PYTHONPATH": PYTHON_PATH,
    }
    assert PYTHON is not None
    with (
        own_database(f"foureyes_user_{os.getpid()}") as url,
        serving(
            folder / "data", "--jobs", str(folder / "jobs"), python=PYTHON, FOUREYES_DATABASE_URL=url, **variables
        ) as started,
    ):
        found = until(lambda: started.call("GET", "/api/extras/jobs/").json()["results"], what="the jobs are found")
        for job in found:
            assert started.call("PATCH", f"/api/extras/jobs/{job['id']}/", json={"enabled": True}).json()["enabled"]
        yield started
    shutil.rmtree(bundle_root(Conf(data_dir=folder / "data", run_as_user=SOMEBODY)))
    shutil.rmtree(folder)


def begin(server: Server, name: str, **data: Any) -> str:
    """Start a run; its id."""
    [job] = server.call("GET", f"/api/extras/jobs/?job_class_name={name}").json()["results"]
    answer = server.call("POST", f"/api/extras/jobs/{job['id']}/run/", json={"data": data})
    assert answer.status_code == 201, answer.text
    return answer.json()["job_result"]["id"]


def ended(server: Server, run: str) -> dict[str, Any]:
    def look() -> Any:
        row = server.call("GET", f"/api/runs/{run}/").json()
        return row["completed"] and row

    return until(look, what="the run has ended")


def messages(server: Server, run: str) -> list[str]:
    return [line["message"] for line in server.call("GET", f"/api/extras/job-results/{run}/logs/").json()]


def pids(server: Server, run: str) -> set[int]:
    """The job's process and its children, as it has named them."""
    said = until(lambda: [text for text in messages(server, run) if text[0].isdigit()], what="the job has said them")
    return {int(pid) for pid in said[0].split()}


def test_job_works_as_that_user_and_reaches_nothing_of_ours(server: Server) -> None:
    account = pwd.getpwnam(SOMEBODY)
    data = server.log.with_name("data")
    public = data.with_name("jobs") / "spying.py"  # it sees what there is to see
    paths = [public, data, *(path for path in data.rglob("*") if not path.is_socket())]
    paths += [Path(f"/proc/{pid}/{what}") for pid in tree_of(server.pid) for what in ("environ", "mem", "fd")]
    run = begin(server, "Spies", paths="\n".join(map(str, paths)), user=str(account.pw_uid))
    row = ended(server, run)
    assert (row["status"], row["data"]["output"]) == ("completed", f"\n['{public}']")
    groups = os.getgrouplist(SOMEBODY, account.pw_gid)
    assert messages(server, run) == [f"{account.pw_uid} {account.pw_uid} {account.pw_gid} {groups} {SOMEBODY}"]
    [file] = server.call("GET", f"/api/runs/{run}/files/").json()["results"]
    assert server.call("GET", file["url"].removeprefix(server.url)).text == "written"


def test_job_cannot_become_root_again(server: Server) -> None:
    run = begin(server, "Rises")
    assert ended(server, run)["cause"] == "exception"
    assert "PermissionError" in messages(server, run)[0]


def test_cancelled_job_is_killed_with_its_children(server: Server) -> None:
    run = begin(server, "Lingers")
    family = pids(server, run)
    assert len(alive(family)) == 3
    assert server.call("POST", f"/api/runs/{run}/cancel/").ok
    assert ended(server, run)["cause"] == "cancelled"
    assert alive(family) == set()


def test_hard_limit_kills_it_with_its_children(server: Server) -> None:
    run = begin(server, "Overstays")
    assert ended(server, run)["cause"] == "hard_limit"
    assert not [
        pid for text in messages(server, run) if text[0].isdigit() for pid in alive(set(map(int, text.split())))
    ]

"""Nothing that a job starts outlives its run."""

import os
import pwd
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest
from tests.sandbox.conftest import Bench, Run, Server

from foureyes.sandbox.linux import descendants
from foureyes.sandbox.protocol import Result, StartRun, receive_control, send_control

# A fork, a double fork in its own session, and a program in its own session; then the given end.
FORKS = """
import os, subprocess, time
class Sample(Job):
    def run(self, data, commit):
        if os.fork() == 0:
            time.sleep(300)
        middle = os.fork()
        if middle == 0:
            os.setsid()
            if os.fork() == 0:
                os.setsid()
                time.sleep(300)
            os._exit(0)
        os.waitpid(middle, 0)
        subprocess.Popen(["sleep", "300"], start_new_session=True)
        self.log("forked")
        END
"""


def wait_for(file: Path) -> str:
    """Code of a job that waits for a file."""
    return f"[time.sleep(0.01) for _ in iter(lambda: os.path.exists({str(file)!r}), True)]"


def living(run: Run) -> set[int]:
    assert run.started is not None
    return descendants(run.started.pid)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 60
    while not all(is_gone(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("end", "status"), [("return", 0), ("os._exit(4)", 4), ("os.kill(os.getpid(), 9)", -9)])
def test_what_a_job_forks_is_gone_when_the_run_has_ended(bench: Bench, tmp_path: Path, end: str, status: int) -> None:
    seen = tmp_path / "seen"
    run = bench.begin(FORKS.replace("END", f"{wait_for(seen)}; {end}")).wait_for("forked")
    family = living(run)
    assert len(family) == 4
    seen.touch()
    run.wait()
    assert all(is_gone(pid) for pid in family)
    assert run.ended is not None
    assert run.ended.status == status


def test_sweep_kills_a_live_run_with_all_it_forked(bench: Bench) -> None:
    run = bench.begin(FORKS.replace("END", "time.sleep(300)")).wait_for("forked")
    family = living(run)
    run.sweep()
    run.wait()
    assert all(is_gone(pid) for pid in family)
    assert run.ended is not None
    assert run.ended.status == -signal.SIGKILL


def test_job_that_ignores_signals_is_swept(bench: Bench) -> None:
    run = bench.begin(
        """
import signal, time
class Sample(Job):
    def run(self, data, commit):
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        self.log("deaf")
        time.sleep(300)
"""
    ).wait_for("deaf")
    run.signal("cancel")
    run.sweep()
    assert run.wait().of(Result) == []


def test_job_that_kills_its_keeper_dies_with_all_it_forked(bench: Bench) -> None:
    run = bench.begin(FORKS.replace("END", "time.sleep(300)")).wait_for("forked")
    family = living(run)
    assert run.started is not None
    os.kill(run.started.pid, signal.SIGKILL)
    run.wait()
    wait_until_gone(family)


def test_job_that_stops_its_keeper_is_swept_all_the_same(bench: Bench) -> None:
    source = FORKS.replace("END", "os.kill(os.getppid(), 19); self.log('stopped'); time.sleep(300)")
    run = bench.begin(source).wait_for("stopped")
    family = living(run)
    run.sweep()
    run.wait()
    assert all(is_gone(pid) for pid in family)


def test_job_that_signals_its_process_group_hits_only_itself(bench: Bench, tmp_path: Path) -> None:
    other_may_end = tmp_path / "other may end"
    other = bench.begin(
        f"import os, time\nclass Sample(Job):\n    def run(self, data, commit):\n        {wait_for(other_may_end)}\n"
    )
    run = bench.run("import os\nclass Sample(Job):\n    def run(self, data, commit):\n        os.killpg(0, 9)\n")
    assert run.ended is not None
    assert run.ended.status == -9
    other_may_end.touch()
    assert other.wait().result.outcome == "completed"


def test_keeper_serves_run_after_run_and_each_in_a_fresh_process(server: Server, bench: Bench) -> None:
    source = """
import os, sys
class Sample(Job):
    def run(self, data, commit):
        self.log(f"{os.getpid()} {os.getsid(0) == os.getpid()} {hasattr(sys, 'left_behind')}")
        sys.left_behind = os.environ["LEFT_BEHIND"] = "x"
"""
    told: dict[int, str] = {}  # by the keeper: one that is not ready again yet is passed over
    for _ in range(50):
        run = bench.run(source)
        assert run.started is not None
        (told_now,) = run.messages
        assert told_now.split()[1:] == ["True", "False"]
        if told_before := told.get(run.started.pid):
            break
        told[run.started.pid] = told_now
    assert told_before
    assert told_before.split()[0] != told_now.split()[0]


def test_signal_that_comes_too_late_does_not_reach_the_next_run(tmp_path: Path) -> None:
    server = Server(tmp_path)
    bench = Bench(server, tmp_path)
    end, all_end = tmp_path / "end", tmp_path / "all end"
    source = (
        "import os, time\nclass Sample(Job):\n    def run(self, data, commit):\n        self.log('here')\n        END\n"
    )
    run = bench.begin(source.replace("END", wait_for(end))).wait_for("here")
    assert run.started is not None
    os.kill(run.started.pid, signal.SIGSTOP)
    (job,) = living(run)
    end.touch()
    wait_until_gone({job})
    run.signal("soft")  # the fork server does not know yet that it is over
    server.start(bench.message("x", "X"), user="no-such-user").wait()  # it has done that by now
    os.kill(run.started.pid, signal.SIGCONT)
    run.wait()
    following = [bench.begin(source.replace("END", wait_for(all_end))).wait_for("here") for _ in range(5)]
    all_end.touch()
    assert {one.wait().result.outcome for one in following} == {"completed"}
    assert run.started.pid in {one.started.pid for one in following if one.started}
    server.close()


def test_other_runs_go_on_beside_a_keeper_that_dies(bench: Bench, tmp_path: Path) -> None:
    end = tmp_path / "end"
    other = bench.begin(
        f"import os, time\nclass Sample(Job):\n    def run(self, data, commit):\n        {wait_for(end)}\n"
    )
    run = bench.run(
        "import os\nclass Sample(Job):\n    def run(self, data, commit):\n        os.kill(os.getppid(), 9)\n"
    )
    assert run.ended is not None
    assert run.ended.status == -signal.SIGKILL
    assert (
        bench.run("class Sample(Job):\n    def run(self, data, commit):\n        pass\n").result.outcome == "completed"
    )
    end.touch()
    assert other.wait().result.outcome == "completed"


def test_worker_that_goes_away_takes_its_runs_along(tmp_path: Path) -> None:
    server = Server(tmp_path)
    run = Bench(server, tmp_path).begin(FORKS.replace("END", "time.sleep(300)")).wait_for("forked")
    family = living(run)
    server.close()
    assert all(is_gone(pid) for pid in family)


def test_fork_server_that_is_killed_takes_its_runs_along(tmp_path: Path) -> None:
    server = Server(tmp_path)
    run = Bench(server, tmp_path).begin(FORKS.replace("END", "time.sleep(300)")).wait_for("forked")
    family = living(run)
    server.process.kill()
    wait_until_gone(family)
    server.close()


def test_start_without_descriptors_is_answered(server: Server) -> None:
    send_control(server.control, StartRun(run="nothing"))
    received = receive_control(server.control)
    assert received is not None
    assert received[0].op == "failed"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_job_runs_as_the_named_user_and_dies_with_its_keeper(server: Server) -> None:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    (folder / "who.py").write_text(
        "import getpass, os, time\nfrom foureyes.jobs import *\n"
        "class Who(Job):\n    def run(self, data, commit):\n"
        "        self.log(f'{os.getuid()} {os.getgroups()} {getpass.getuser()}')\n        time.sleep(300)\n"
    )
    bench = Bench(server, folder)
    start = bench.message("who", "Who", work_folder=str(folder))
    run = server.start(start, user="nobody")
    nobody = pwd.getpwnam("nobody")
    run.wait_for(f"{nobody.pw_uid} {os.getgrouplist('nobody', nobody.pw_gid)} nobody")
    family = living(run)
    assert run.started is not None
    os.kill(run.started.pid, signal.SIGKILL)
    run.wait()
    wait_until_gone(family)
    shutil.rmtree(folder)


def test_user_that_does_not_exist_ends_the_run(bench: Bench) -> None:
    run = bench.server.start(bench.message("x", "X"), user="no-such-user").wait()
    assert run.ended is not None
    assert run.ended.status == 71
    assert "no-such-user" in run.output

"""The supervisor with processes that do nothing: restarts, pauses, and the end of what does not want to end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import PATIENCE_SECONDS, alive, children_of, until

pytestmark = pytest.mark.processes

PARENT = """
import os, signal, sys, time
from pathlib import Path
from foureyes.processes.supervisor import NotReadyError, Supervisor

folder = Path(sys.argv[1])

def steady():
    (folder / f"steady {os.getpid()}").touch()
    time.sleep(300)

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / "stubborn").touch()
    time.sleep(300)

def broken():
    with (folder / "starts").open("a") as file:
        file.write("x")
    sys.exit(3)

roles = {name: globals()[name] for name in sys.argv[2:]}
supervisor = Supervisor(roles=roles)
supervisor.start()
try:
    if "broken" in roles:
        supervisor.wait_until(lambda: False, seconds=60)
    supervisor.run()
except NotReadyError as error:
    print(error)
finally:
    supervisor.stop(seconds=60)
"""


@pytest.fixture
def parent(tmp_path: Path):
    """Starts a parent with the named children; it is gone after the test."""
    started = []

    def start(*roles: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PARENT, str(tmp_path), *roles]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_role_that_crashes_at_once_is_tried_three_times_with_growing_pauses(parent, tmp_path: Path) -> None:
    process = parent("broken", "steady")
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert "The broken process does not start" in said
    assert (tmp_path / "starts").read_text() == "xxx"
    assert re.findall(r"restart_in_seconds=([\d.]+)", said)[:2] == ["0.5", "1.0"]


def test_a_killed_child_is_started_again(parent) -> None:
    process = parent("steady")
    [first] = until(lambda: children_of(process.pid), what="a child")
    os.kill(first, signal.SIGKILL)
    until(lambda: [pid for pid in children_of(process.pid) if pid != first], what="another child")


def test_a_second_signal_kills_what_ignores_the_first(parent, tmp_path: Path) -> None:
    process = parent("stubborn", "steady")
    until((tmp_path / "stubborn").exists, what="the stubborn child")
    children = set(children_of(process.pid))
    process.send_signal(signal.SIGINT)
    until(lambda: len(alive(children)) == 1, what="the steady one has ended")
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(PATIENCE_SECONDS)
    assert not alive(children)


def test_children_end_with_a_parent_that_is_killed(parent, tmp_path: Path) -> None:
    process = parent("steady")
    children = set(until(lambda: children_of(process.pid), what="children"))
    until(lambda: list(tmp_path.glob("steady *")), what="the child has asked for its parent's signal")
    process.kill()
    process.wait()
    until(lambda: not alive(children), what="no child is left")

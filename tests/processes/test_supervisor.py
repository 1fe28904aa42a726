"""The supervisor with processes that do nothing: restarts, pauses, and the end of what does not want to end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.serving import alive, children_of, until

pytestmark = pytest.mark.processes

PARENT = """
import os, signal, sys, time
from pathlib import Path
from foureyes.processes.supervisor import NotReadyError, Supervisor

folder = Path(sys.argv[1])

def steady():
    time.sleep(300)

def stubborn():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (folder / "stubborn").touch()
    time.sleep(300)

def broken():
    with (folder / "starts").open("a") as file:
        print(time.monotonic(), file=file)
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
    said, _ = process.communicate(timeout=20)
    assert "The broken process does not start" in said
    first, second, third = (float(line) for line in (tmp_path / "starts").read_text().split())
    assert 0.5 <= second - first < third - second


def test_a_killed_child_is_started_again(parent) -> None:
    process = parent("steady")
    [first] = until(lambda: children_of(process.pid), seconds=10, what="a child")
    os.kill(first, signal.SIGKILL)
    until(lambda: [pid for pid in children_of(process.pid) if pid != first], seconds=5, what="another child")


def test_a_second_signal_kills_what_ignores_the_first(parent, tmp_path: Path) -> None:
    process = parent("stubborn", "steady")
    until((tmp_path / "stubborn").exists, seconds=10, what="the stubborn child")
    children = set(children_of(process.pid))
    process.send_signal(signal.SIGINT)
    until(lambda: len(alive(children)) == 1, seconds=5, what="the steady one has ended")
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.wait(timeout=5)
    assert not alive(children)


def test_children_end_with_a_parent_that_is_killed(parent) -> None:
    process = parent("steady")
    children = set(until(lambda: children_of(process.pid), seconds=10, what="children"))
    time.sleep(0.2)  # the child asks for its parent's signal right after the fork
    process.kill()
    process.wait()
    until(lambda: not alive(children), seconds=2, what="no child is left")

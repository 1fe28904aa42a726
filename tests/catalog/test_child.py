"""The process that imports author code, from our side."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foureyes.catalog.child import Child
from foureyes.conf import get_conf

HANGING = "import time\ntime.sleep(600)\n"
ASKER = """
import json, sys, time
import django
django.setup()
from foureyes.catalog.child import Child
child = Child(request=json.loads(sys.argv[1]), timeout_seconds=600)
print(child._process.pid, flush=True)
time.sleep(600)
"""


def request(folder: Path, text: str) -> dict[str, str]:
    (folder / "job.py").write_text(text)
    return {"do": "describe", "folder": str(folder), "module": "job"}


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def goes(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


def test_what_the_author_prints_does_not_disturb_the_answer(folder: Path) -> None:
    answer = Child(request=request(folder, "print('{}'); import os; os.write(1, b'{}')"), timeout_seconds=60).wait()
    assert answer.content is not None
    assert answer.content["jobs"] == {}


def test_a_child_that_is_stopped_takes_along_what_it_started(folder: Path) -> None:
    pids = folder / "pids"
    text = f"import subprocess\nopen({str(pids)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid) + ';')\n"
    child = Child(request=request(folder, text + HANGING), timeout_seconds=600)
    deadline = time.monotonic() + 60
    while not (pids.exists() and pids.read_text().endswith(";")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert child.poll() is None
    child.stop()
    child.stop()
    assert goes(int(pids.read_text().strip(";")))


def test_a_child_that_cannot_be_started_says_why(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUREYES_RUN_AS_USER", "no-such-user")
    get_conf.cache_clear()
    try:
        child = Child(request=request(folder, ""), timeout_seconds=60)
        answer = child.wait()
        child.stop()
    finally:
        monkeypatch.undo()
        get_conf.cache_clear()
    assert (answer.content, answer.died) == (None, True)
    assert answer.error == "RuntimeError: there is no user no-such-user to load it (FOUREYES_RUN_AS_USER)"


def test_a_child_ends_with_who_asked_it(folder: Path) -> None:
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER, json.dumps(request(folder, HANGING))],
        stdout=subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "foureyes.settings"},
    )
    assert asker.stdout is not None
    with asker, asker.stdout:
        pid = int(asker.stdout.readline())
        assert is_alive(pid)
        asker.send_signal(signal.SIGKILL)
    assert goes(pid)

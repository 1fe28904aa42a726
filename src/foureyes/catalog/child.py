"""The process that imports author code on our behalf and answers what is in it. We never import it ourselves.

It has no secrets of ours in its environment, runs as the user that jobs run as, and is killed when its time is over.
"""

import contextlib
import json
import os
import pwd
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Any

from foureyes.conf import get_conf
from foureyes.sandbox.launch import describe_command, scrubbed_environment
from foureyes.sandbox.text import storable

LARGEST_ANSWER = 32 * 2**20
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the process said (`content`), or in one line what went wrong. `died`: trying again may help."""

    content: dict[str, Any] | None = None
    error: str = ""
    died: bool = False


class Child:
    """One such process. `poll` until it answers, or `wait`; `stop` ends it early."""

    def __init__(self, *, request: dict[str, Any], timeout_seconds: float) -> None:
        self._timeout = timeout_seconds
        self._deadline = time.monotonic() + timeout_seconds
        self._failure = Answer()
        self._process: subprocess.Popen[bytes] | None
        self._out = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe could fill up and block the process; closed in `stop`
        with tempfile.TemporaryFile() as question:
            question.write(json.dumps({**request, "parent": os.getpid()}).encode())
            question.seek(0)
            try:
                self._process = _start(question.fileno(), self._out.fileno())
            except (OSError, KeyError) as error:  # no such user, or the interpreter is closed to it
                self._process, self._failure = None, Answer(error=_not_started(error), died=True)

    def poll(self) -> Answer | None:
        """The answer if there is one by now; never waits."""
        if self._process is None:
            return self._finish(self._failure)
        if self._process.poll() is not None:
            return self._finish(self._read(self._process.returncode))
        if time.monotonic() < self._deadline:
            return None
        return self._finish(Answer(error=f"TimeoutError: not done after {self._timeout:g} seconds", died=True))

    def wait(self) -> Answer:
        """The answer, at the latest when the time is over."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(timeout=max(0.0, self._deadline - time.monotonic()))
        answer = self.poll()
        while answer is None:  # the two clocks may differ by a hair
            time.sleep(0.001)
            answer = self.poll()
        return answer

    def stop(self) -> None:
        """End the process and what it started in its own group. May be called again."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._out.close()

    def _finish(self, answer: Answer) -> Answer:
        self.stop()
        return answer

    def _read(self, code: int) -> Answer:
        self._out.seek(0)
        text = self._out.read(LARGEST_ANSWER + 1)
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return Answer(error=_cause_of_death(code), died=True)
        if not isinstance(content, dict) or not content.get("ok"):
            return _error_in(content)
        return Answer(content=content)


def _cause_of_death(code: int) -> str:
    if code < 0:
        return f"RuntimeError: the process that loaded it died of {signal.Signals(-code).name}"
    return f"RuntimeError: the process that loaded it ended without an answer (exit code {code})"


def _not_started(error: Exception) -> str:
    name = get_conf().run_as_user
    if name and isinstance(error, KeyError):
        return f"RuntimeError: there is no user {name} to load it (FOUREYES_RUN_AS_USER)"
    whose = f" as the user {name}" if name else ""
    return f"RuntimeError: no process could be started to load it{whose}: {error}"


def _start(question: int, out: int) -> subprocess.Popen[bytes]:
    name = get_conf().run_as_user
    person = pwd.getpwnam(name) if name else None
    return subprocess.Popen(
        describe_command(),
        stdin=question,
        stdout=out,
        stderr=subprocess.DEVNULL,
        env={**scrubbed_environment(os.environ), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
        start_new_session=True,
        user=person.pw_uid if person else None,
        group=person.pw_gid if person else None,
        extra_groups=[] if person else None,
    )


def _error_in(content: object) -> Answer:
    if not isinstance(content, dict):
        return Answer(error="ValueError: the process that loaded it answered nonsense")
    lines = str(content.get("error") or "").strip().splitlines()
    return Answer(error=storable(lines[0] if lines else "unknown error")[:LONGEST_ERROR])

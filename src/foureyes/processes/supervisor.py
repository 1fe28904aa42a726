"""The parent of an installation's processes: starts them, starts them again when they crash, and ends them all.

It is single-threaded and waits in one system call, so it costs nothing while nothing happens.
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from foureyes.processes.children import HANDLED, fork

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A process that ran for so long was not broken from the start: its next crash begins with the short pause again.
STEADY_SECONDS = 60.0
STOP_SECONDS = 10.0
READY_POLL_SECONDS = 0.05

log = structlog.get_logger("foureyes.supervisor")


class NotReadyError(Exception):
    """The processes do not come up."""


@dataclass(slots=True, kw_only=True)
class Process:
    """One role: what it runs, and how its last starts went. Times are of the monotonic clock."""

    name: str
    main: Callable[[], None]
    pid: int | None = None
    started: float = 0.0
    crashes: int = 0
    restart: float | None = None


@dataclass(slots=True, kw_only=True)
class Supervisor:
    """Keeps one process per role alive until a signal says stop."""

    roles: Mapping[str, Callable[[], None]]
    before_fork: Callable[[], None] = lambda: None
    processes: list[Process] = field(init=False)
    interrupts: int = 0

    def __post_init__(self) -> None:
        self.processes = [Process(name=name, main=main) for name, main in self.roles.items()]

    def start(self) -> None:
        """Fork every role. From here on signals are waited for, not handled."""
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        for process in self.processes:
            self._start(process)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> bool:
        """Supervise until `ready` says so: True; False if a signal said stop before.

        Raises NotReadyError after `seconds`, or when a process has crashed three times.
        """
        deadline = time.monotonic() + seconds
        while not self.interrupts:
            if ready():
                return True
            if time.monotonic() > deadline:
                raise NotReadyError(f"The server did not answer within {seconds:.0f} seconds.")
            if broken := next((process for process in self.processes if process.crashes >= 3), None):
                raise NotReadyError(f"The {broken.name} process does not start; the lines above say why.")
            self.step(longest=READY_POLL_SECONDS)
        return False

    def run(self) -> None:
        """Supervise until SIGINT, SIGTERM or SIGHUP."""
        while not self.interrupts:
            self.step(longest=None)

    def step(self, *, longest: float | None) -> None:
        """Wait for one signal, at most until the next restart is due, and answer it."""
        due = [process.restart for process in self.processes if process.restart is not None]
        waits = [max(0.0, min(due) - time.monotonic())] if due else []
        waits += [longest] if longest is not None else []
        info = signal.sigtimedwait(HANDLED, min(waits)) if waits else signal.sigwaitinfo(HANDLED)
        if info and info.si_signo != signal.SIGCHLD:
            self.interrupts += 1
        self._reap()
        if not self.interrupts:
            self._restart_due()

    def stop(self, *, seconds: float = STOP_SECONDS) -> None:
        """End all processes: SIGTERM first, SIGKILL after `seconds` or at another signal."""
        self._signal(signal.SIGTERM)
        deadline, asked = time.monotonic() + seconds, max(self.interrupts, 1)
        self.interrupts = asked
        while self._living() and time.monotonic() < deadline and self.interrupts == asked:
            self.step(longest=max(0.0, deadline - time.monotonic()))
        if late := self._living():
            log.warning("supervisor.killing", processes=[process.name for process in late])
            self._signal(signal.SIGKILL)
            while self._living():
                self.step(longest=0.1)

    def _start(self, process: Process) -> None:
        self.before_fork()
        process.pid, process.started, process.restart = fork(process.main), time.monotonic(), None

    def _living(self) -> list[Process]:
        return [process for process in self.processes if process.pid]

    def _signal(self, number: signal.Signals) -> None:
        for process in self._living():
            os.kill(process.pid or 0, number)

    def _reap(self) -> None:
        for process in self._living():
            pid, status = os.waitpid(process.pid or 0, os.WNOHANG)
            if pid:
                process.pid = None
                self._ended(process, code=os.waitstatus_to_exitcode(status))

    def _ended(self, process: Process, *, code: int) -> None:
        if self.interrupts:
            return
        now = time.monotonic()
        process.crashes = 1 if now - process.started > STEADY_SECONDS else process.crashes + 1
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (process.crashes - 1), LONGEST_PAUSE_SECONDS)
        process.restart = now + pause
        log.error("process.crashed", process=process.name, exit_code=code, restart_in_seconds=pause)

    def _restart_due(self) -> None:
        for process in self.processes:
            if process.restart is not None and process.restart <= time.monotonic():
                self._start(process)
                log.info("process.restarted", process=process.name, pid=process.pid)

"""Turns signals into exceptions inside the job, and only there: never while a report is half written."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from foureyes.jobs.exceptions import JobCancelled, SoftTimeLimitExceeded

SOFT_LIMIT_SIGNAL = signal.SIGUSR1
CANCEL_SIGNAL = signal.SIGTERM
SIGNALS = {SOFT_LIMIT_SIGNAL, CANCEL_SIGNAL}


class Interrupts:
    """Soft limit and cancel. Each is raised at most once, in the main thread."""

    def __init__(self, soft_limit_seconds: float) -> None:
        self.cancelled = False
        self._soft_limit_text = f"The soft time limit of {soft_limit_seconds:g} seconds is over."
        self._seen: set[int] = set()
        self._waiting: list[BaseException] = []
        self._armed = False
        self._held = 0
        self._before_fork = threading.local()

    def install(self) -> None:
        """Listen to the signals, which the starter of this process has blocked. Until `armed`, they wait.

        They mean this process alone. What the job forks is ended by them, as by any other signal to a fresh process:
        a pool of processes waits for ever for a member that survives its SIGTERM.
        """
        signal.signal(SOFT_LIMIT_SIGNAL, self._receive)
        signal.signal(CANCEL_SIGNAL, self._receive)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        # Blocked over the fork: one that comes before the child has run at all would be forgotten by Python.
        os.register_at_fork(before=self._block, after_in_parent=self._unblock, after_in_child=self._forget)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """While author code runs: what waited or arrives is raised."""
        self._armed = True
        try:
            self._raise_waiting()
            yield
        finally:
            self.disarm()

    def disarm(self) -> None:
        """Let signals wait. Call it first when an exception comes out of `armed`: it may have struck at its exit."""
        self._armed = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """While something must not be torn in the middle."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self._raise_waiting()

    def _block(self) -> None:
        self._before_fork.mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)

    def _unblock(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before_fork.mask)

    def _forget(self) -> None:
        for number in SIGNALS:
            if signal.getsignal(number) == self._receive:  # else the job has a handler of its own
                signal.signal(number, signal.SIG_DFL)
        self._unblock()

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        if number in self._seen:
            return
        self._seen.add(number)
        if number == CANCEL_SIGNAL:
            self.cancelled = True
            self._waiting.insert(0, JobCancelled("The run was cancelled."))
        else:
            self._waiting.append(SoftTimeLimitExceeded(self._soft_limit_text))
        self._raise_waiting()

    def _raise_waiting(self) -> None:
        if self._waiting and self._armed and not self._held:
            raise self._waiting.pop(0)

"""SIGTERM and SIGINT for a loop: a flag, and a descriptor that wakes it."""

import contextlib
import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

NUMBERS = (signal.SIGTERM, signal.SIGINT)


class StopSignals:
    """A context in which the two signals ask for the end instead of bringing it. For the main thread."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup_before = signal.set_wakeup_fd(self._writing)
        self._before = {number: signal.signal(number, self._ask) for number in NUMBERS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reading)
        os.close(self._writing)

    def fileno(self) -> int:
        """Readable after a signal, until `drain`."""
        return self._reading

    def drain(self) -> None:
        """Let the descriptor be quiet again."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._reading, 64)

    def wait(self, seconds: float, *also: int) -> None:
        """Sleep so long, or until a signal, or until one of the descriptors is readable."""
        select.select([self._reading, *also], [], [], seconds)
        self.drain()

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

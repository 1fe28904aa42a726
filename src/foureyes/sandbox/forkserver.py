"""A process with everything loaded that forks keepers, which fork a process for each run: that costs milliseconds.

`python -P -m foureyes.sandbox.forkserver <control fd> [module ...]`, see `launch.py`. Single-threaded, without database
connection and without secrets. When the worker closes the control socket or dies, all runs are killed.
"""

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from io import TextIOWrapper
from typing import NoReturn

import django

from foureyes.sandbox.keeper import (
    END,
    END_BYTES,
    GIVE_UP_SECONDS,
    NEXT,
    READY,
    SIGNALS,
    START_FAILED,
    decode_end,
    keep,
)
from foureyes.sandbox.linux import adopt_orphans, descendants, kill, marked
from foureyes.sandbox.protocol import (
    Control,
    Ended,
    Failed,
    Ready,
    SignalRun,
    Started,
    StartRun,
    SweepRun,
    receive_control,
    send_control,
)

PRELOADED = ("django.contrib.auth.models", "foureyes.models", "foureyes.sandbox.sqlite.base", "mimetypes")
IDLE_SECONDS = 0.02  # the run that was just started needs the processor more than the next one does
SIGNAL_NUMBERS = {"soft": signal.SIGUSR1, "cancel": signal.SIGTERM}


@dataclass(eq=False)
class Keeper:
    """A keeper process, our end of its job's cradle, the run that is there, and whether it can be given one."""

    pid: int
    cradle: socket.socket
    run: str | None = None
    is_ready: bool = True


class ForkServer:
    """Starts, signals and sweeps runs, and tells when they are gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._keepers: dict[int, Keeper] = {}  # by pid
        self._selector = selectors.DefaultSelector()
        self._wakeup = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def serve(self) -> None:
        """Until the worker closes the control socket."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the worker decides
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wakeup[0], selectors.EVENT_READ)
        self._prepare()
        self._tell(Ready(pid=os.getpid()))
        while True:
            ready = [key for key, _events in self._selector.select(None if self._idle() else IDLE_SECONDS)]
            if not ready:
                self._prepare()
            for key in ready:
                if key.data:
                    self._hear(key.data)
                elif key.fileobj is not self._control:
                    os.read(self._wakeup[0], 4096)
                    self._reap()
                elif not self._obey():
                    return

    def _obey(self) -> bool:
        """Do what the next packet says. False when the worker has gone."""
        received = receive_control(self._control)
        if received is None:
            return False
        message, fds = received
        if isinstance(message, StartRun):
            self._start(message, fds)
        elif isinstance(message, SignalRun):
            self._signal(message.run, SIGNAL_NUMBERS[message.signal])
        elif isinstance(message, SweepRun) and not self._signal(message.run, END):
            kill(marked(message.run))
        return True

    def _start(self, start: StartRun, fds: list[int]) -> None:
        try:
            keeper = self._hand_over(start, fds)
        except OSError as error:
            self._tell(Failed(run=start.run, error=str(error)))
        else:
            self._tell(Started(run=start.run, pid=keeper.pid))
        finally:
            for fd in fds:
                os.close(fd)

    def _hand_over(self, start: StartRun, fds: list[int]) -> Keeper:
        """Give the run to a keeper that waits; to a fresh one if none does, or if it has died."""
        if len(fds) != 2:
            raise OSError("A start needs two descriptors")
        for keeper in (self._idle() or self._fork(), None):
            chosen = keeper or self._fork()
            try:
                send_control(chosen.cradle, start, tuple(fds))
            except (BrokenPipeError, ConnectionResetError):
                self._dismiss(chosen)
            else:
                chosen.run, chosen.is_ready = start.run, False
                return chosen
        raise OSError("A new process died at once")

    def _idle(self) -> Keeper | None:
        """The keeper that waits since the latest: most of its memory is its own already."""
        return next((keeper for keeper in reversed(self._keepers.values()) if keeper.is_ready), None)

    def _prepare(self) -> None:
        """Have a keeper ready for the next run, so that its start does not wait for two forks."""
        with contextlib.suppress(OSError):  # short of processes or memory: the next start will say so
            self._idle() or self._fork()

    def _fork(self) -> Keeper:
        """A new keeper."""
        server = os.getpid()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                ours.close()
                self._become_keeper(server, theirs)
        except OSError:
            ours.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            theirs.close()
        keeper = self._keepers[pid] = Keeper(pid, ours)
        self._selector.register(ours, selectors.EVENT_READ, keeper)
        return keeper

    def _become_keeper(self, server: int, cradle: socket.socket) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            self._control.close()
            self._selector.close()
            for fd in self._wakeup:
                os.close(fd)
            for other in self._keepers.values():
                other.cradle.close()
            self._keepers.clear()
            keep(server, cradle)
        except BaseException:  # nothing of this process may return into the fork server's loop
            traceback.print_exc()
        os._exit(START_FAILED)

    def _signal(self, run: str, number: signal.Signals) -> bool:
        """Signal the keeper, which is our child and not yet reaped: its pid cannot belong to another process."""
        for keeper in self._keepers.values():
            if keeper.run == run:
                os.kill(keeper.pid, number)
                if number == END:
                    os.kill(keeper.pid, signal.SIGCONT)  # its job may have stopped it
                return True
        return False

    def _hear(self, keeper: Keeper) -> None:
        """That its run is over. A keeper that has nothing to tell is on its way out."""
        try:
            told = keeper.cradle.recv(max(END_BYTES, len(READY)), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            told = b""
        if told == READY:
            keeper.is_ready = True
            return
        if not told or keeper.run is None:
            self._dismiss(keeper)
            return
        self._tell(Ended(run=keeper.run, pid=keeper.pid, status=decode_end(told)))
        keeper.run = None
        with contextlib.suppress(OSError):  # gone: its end comes next
            keeper.cradle.send(NEXT)

    def _dismiss(self, keeper: Keeper) -> None:
        """Let it end, if it has not: without its cradle there is nothing to wait for."""
        if keeper.cradle.fileno() >= 0:
            self._selector.unregister(keeper.cradle)
            keeper.cradle.close()
        if keeper.run is None:
            self._keepers.pop(keeper.pid, None)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if keeper := self._keepers.get(pid):
                self._bury(keeper, status)

    def _bury(self, keeper: Keeper, status: int) -> None:
        """A keeper has ended: with a run that it has not told the end of if it was killed, say by its own job."""
        if keeper.cradle.fileno() >= 0:
            self._hear(keeper)
        run, keeper.run = keeper.run, None
        self._dismiss(keeper)
        if run is not None:
            self._sweep_strays()
            self._tell(Ended(run=run, pid=keeper.pid, status=os.waitstatus_to_exitcode(status)))

    def _sweep_strays(self) -> None:
        """Kill what hangs below us and below no keeper."""
        kept = set(self._keepers).union(*(descendants(pid) for pid in self._keepers))
        kill(descendants(os.getpid()) - kept)

    def _tell(self, message: Control) -> None:
        try:
            send_control(self._control, message)
        except (BrokenPipeError, ConnectionResetError):
            return  # the next read sees the end

    def end(self) -> None:
        """Kill all runs and wait for their keepers."""
        for keeper in list(self._keepers.values()):
            if keeper.run is not None:
                self._signal(keeper.run, END)
            self._dismiss(keeper)
        deadline = time.monotonic() + GIVE_UP_SECONDS + 1
        while self._keepers and time.monotonic() < deadline:
            self._reap()
            time.sleep(0.005)


def main(arguments: list[str]) -> None:
    """Load everything, then serve."""
    control = socket.socket(fileno=int(arguments[0]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    adopt_orphans()
    django.setup()
    for module in (*PRELOADED, *arguments[1:]):
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # forks share these pages as long as no collection touches them
    server = ForkServer(control)
    server.serve()
    server.end()


if __name__ == "__main__":
    main(sys.argv[1:])

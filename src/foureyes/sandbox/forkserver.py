"""A process with everything loaded that forks a keeper for each run: a new process then costs milliseconds.

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
from io import TextIOWrapper
from typing import NoReturn

import django

from foureyes.sandbox.keeper import END, GIVE_UP_SECONDS, SIGNALS, START_FAILED, keep
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


class ForkServer:
    """Starts, signals and sweeps runs, and tells when they are gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._runs: dict[int, str] = {}  # by keeper's pid
        self._spare: tuple[int, socket.socket] | None = None  # a keeper without run, and the cradle of its job
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
            ready = {key.fd for key, _events in self._selector.select(None if self._spare else IDLE_SECONDS)}
            if not ready:
                self._prepare()
            if self._wakeup[0] in ready:
                os.read(self._wakeup[0], 4096)
                self._reap()
            if self._control.fileno() in ready and not self._obey():
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
            self._runs[keeper] = start.run
            self._tell(Started(run=start.run, pid=keeper))
        finally:
            for fd in fds:
                os.close(fd)

    def _hand_over(self, start: StartRun, fds: list[int]) -> int:
        """Give the run to the spare keeper's job; to a fresh one if the spare has died."""
        if len(fds) != 2:
            raise OSError("A start needs two descriptors")
        for spare in (self._spare or self._fork(), None):
            self._spare = None
            keeper, cradle = spare or self._fork()
            with cradle, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                send_control(cradle, start, tuple(fds))
                return keeper
        raise OSError("A new process died at once")

    def _prepare(self) -> None:
        """Have a keeper ready for the next run, so that its start does not wait for two forks."""
        with contextlib.suppress(OSError):  # short of processes or memory: the next start will say so
            self._spare = self._spare or self._fork()

    def _fork(self) -> tuple[int, socket.socket]:
        """A new keeper: its pid, and the end of its job's cradle."""
        server = os.getpid()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                ours.close()
                self._become_keeper(server, theirs)
            return pid, ours
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            theirs.close()

    def _become_keeper(self, server: int, cradle: socket.socket) -> NoReturn:
        try:
            signal.set_wakeup_fd(-1)
            self._control.close()
            self._selector.close()
            for fd in self._wakeup:
                os.close(fd)
            keep(server, cradle)
        except BaseException:  # nothing of this process may return into the fork server's loop
            traceback.print_exc()
        os._exit(START_FAILED)

    def _signal(self, run: str, number: signal.Signals) -> bool:
        """Signal the keeper, which is our child and not yet reaped: its pid cannot belong to another process."""
        for keeper, kept in self._runs.items():
            if kept == run:
                os.kill(keeper, number)
                return True
        return False

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if self._spare and self._spare[0] == pid:
                self._spare[1].close()
                self._spare = None
            run = self._runs.pop(pid, None)
            if run is not None:
                if os.WIFSIGNALED(status):
                    self._sweep_strays()
                self._tell(Ended(run=run, pid=pid, status=os.waitstatus_to_exitcode(status)))

    def _sweep_strays(self) -> None:
        """Kill what hangs below us and below no keeper: left by a keeper that was killed, say by its own job."""
        keepers = {*self._runs, *((self._spare[0],) if self._spare else ())}
        kept = keepers.union(*(descendants(keeper) for keeper in keepers))
        kill(descendants(os.getpid()) - kept)

    def _tell(self, message: Control) -> None:
        try:
            send_control(self._control, message)
        except (BrokenPipeError, ConnectionResetError):
            return  # the next read sees the end

    def end(self) -> None:
        """Kill all runs and wait for their keepers."""
        if self._spare:
            self._spare[1].close()
        for keeper in self._runs:
            os.kill(keeper, END)
        deadline = time.monotonic() + GIVE_UP_SECONDS + 1
        while self._runs and time.monotonic() < deadline:
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

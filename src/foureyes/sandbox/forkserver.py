"""A process with everything loaded that forks a keeper for each run: a new process then costs milliseconds.

`python -P -m foureyes.sandbox.forkserver <control fd> [module ...]`, see `launch.py`. Single-threaded, without database
connection and without secrets. When the worker closes the control socket or dies, all runs are killed.
"""

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
SIGNAL_NUMBERS = {"soft": signal.SIGUSR1, "cancel": signal.SIGTERM}


class ForkServer:
    """Starts, signals and sweeps runs, and tells when they are gone."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._runs: dict[int, str] = {}  # by keeper's pid
        self._wakeup = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def serve(self) -> None:
        """Until the worker closes the control socket."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the worker decides
        signal.set_wakeup_fd(self._wakeup[1], warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(self._wakeup[0], selectors.EVENT_READ)
        self._tell(Ready(pid=os.getpid()))
        while True:
            ready = {key.fd for key, _events in selector.select()}
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
            keeper = self._fork(start, *fds)
        except (OSError, TypeError) as error:
            self._tell(Failed(run=start.run, error=str(error)))
        else:
            self._runs[keeper] = start.run
            self._tell(Started(run=start.run, pid=keeper))
        finally:
            for fd in fds:
                os.close(fd)

    def _fork(self, start: StartRun, report_fd: int, output_fd: int) -> int:
        server = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                self._become_keeper(server, start, report_fd, output_fd)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _become_keeper(self, server: int, start: StartRun, report_fd: int, output_fd: int) -> None:
        try:
            signal.set_wakeup_fd(-1)
            self._control.close()
            for fd in self._wakeup:
                os.close(fd)
            keep(server, start, report_fd, output_fd)
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
            run = self._runs.pop(pid, None)
            if run is not None:
                if os.WIFSIGNALED(status):
                    self._sweep_strays()
                self._tell(Ended(run=run, pid=pid, status=os.waitstatus_to_exitcode(status)))

    def _sweep_strays(self) -> None:
        """Kill what hangs below us and below no keeper: left by a keeper that was killed, say by its own job."""
        kept = set(self._runs)
        for keeper in self._runs:
            kept |= descendants(keeper)
        kill(descendants(os.getpid()) - kept)

    def _tell(self, message: Control) -> None:
        try:
            send_control(self._control, message)
        except (BrokenPipeError, ConnectionResetError):
            return  # the next read sees the end

    def end(self) -> None:
        """Kill all runs and wait for their keepers."""
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

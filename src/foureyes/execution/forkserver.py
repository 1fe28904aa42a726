"""The worker's end of the fork server: starts it, speaks with it, and starts another when it is gone."""

import os
import socket
import subprocess

from foureyes.sandbox.launch import forkserver_command, scrubbed_environment
from foureyes.sandbox.protocol import (
    Control,
    ProtocolError,
    Ready,
    RunSignal,
    SignalRun,
    StartRun,
    SweepRun,
    receive_control,
    send_control,
)

STOP_SECONDS = 5


class ForkServer:
    """One fork server process at a time. `alive` until its socket says otherwise."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self.ready = False

    def start(self) -> None:
        """Start the process. It takes messages at once and answers when it has loaded everything."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                forkserver_command(theirs.fileno()),
                env=scrubbed_environment(os.environ),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for us: it ends its runs when we are done with it
            )
        ours.setblocking(False)
        self._control, self.ready = ours, False

    @property
    def alive(self) -> bool:
        """Whether there is somebody to talk to."""
        return self._control is not None

    def fileno(self) -> int:
        """For `poll`: readable when it says something, and when it has gone."""
        return self._control.fileno() if self._control else -1

    def start_run(self, run: str, *, user: str | None, report: socket.socket, output: int) -> None:
        """Ask for a process with these two descriptors, which it gets copies of."""
        self._send(StartRun(run=run, user=user), (report.fileno(), output))

    def signal_run(self, run: str, signal: RunSignal) -> None:
        """Raise the soft limit or the cancellation inside a job."""
        self._send(SignalRun(run=run, signal=signal))

    def sweep_run(self, run: str) -> None:
        """Kill all processes of a run."""
        self._send(SweepRun(run=run))

    def receive(self) -> list[Control]:
        """What it said since the last time. When it has gone, `alive` is false afterwards."""
        said: list[Control] = []
        while self._control:
            try:
                received = receive_control(self._control)
            except BlockingIOError:
                break
            except ProtocolError:
                received = None
            if received is None:
                self._lose()
                break
            said.append(received[0])
            self.ready = self.ready or isinstance(received[0], Ready)
        return said

    def stop(self) -> None:
        """End the process, and with it every run that still lives."""
        self._lose()
        self._process = None

    def _send(self, message: Control, fds: tuple[int, ...] = ()) -> None:
        if not self._control:
            return
        try:
            send_control(self._control, message, fds)
        except OSError:  # gone, or so stuck that its buffer is full: either way it is of no use any more
            self._lose()

    def _lose(self) -> None:
        if self._control:
            self._control.close()
        self._control, self.ready = None, False
        if self._process:
            _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    # Its socket is closed: it kills its runs and leaves by itself.
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

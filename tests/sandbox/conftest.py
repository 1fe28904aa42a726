"""A real fork server, and a small client that plays the worker."""

import contextlib
import os
import select
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from foureyes.sandbox.launch import forkserver_command, scrubbed_environment
from foureyes.sandbox.protocol import (
    Change,
    Control,
    Ended,
    File,
    Log,
    Progress,
    Ready,
    Report,
    ReportReader,
    Result,
    RunSignal,
    SignalRun,
    Start,
    Started,
    StartRun,
    SweepRun,
    encode_start,
    receive_control,
    send_control,
)

DEADLINE_SECONDS = 60


@dataclass
class Run:
    """One run, seen from the worker."""

    server: "Server"
    id: str
    report: socket.socket
    output_fd: int
    reports: list[Report] = field(default_factory=list)
    output: str = ""
    started: Started | None = None
    ended: Ended | None = None
    reader: ReportReader = field(default_factory=ReportReader)

    def signal(self, signal: RunSignal) -> None:
        send_control(self.server.control, SignalRun(run=self.id, signal=signal))

    def sweep(self) -> None:
        send_control(self.server.control, SweepRun(run=self.id))

    def wait(self) -> "Run":
        """Until the fork server says that the run is gone."""
        self.server.pump(lambda: self.ended is not None)
        return self

    def wait_for(self, message: str) -> "Run":
        """Until the job has logged or printed the text."""
        self.server.pump(lambda: message in self.output or message in self.messages)
        return self

    def of(self, kind: type[Any]) -> list[Any]:
        return [report for report in self.reports if isinstance(report, kind)]

    @property
    def logs(self) -> list[Log]:
        return self.of(Log)

    @property
    def messages(self) -> list[str]:
        return [log.message for log in self.logs]

    @property
    def changes(self) -> list[Change]:
        return self.of(Change)

    @property
    def files(self) -> list[File]:
        return self.of(File)

    @property
    def progress(self) -> list[Progress]:
        return self.of(Progress)

    @property
    def result(self) -> Result:
        (result,) = self.of(Result)
        return result


class Server:
    """A fork server process and the runs that were started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            forkserver_command(theirs.fileno()),
            env=scrubbed_environment(os.environ),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.runs: dict[str, Run] = {}
        ready = receive_control(self.control)
        assert ready is not None
        assert ready[0] == Ready(pid=self.process.pid)

    def start(self, start: Start, user: str | None = None) -> Run:
        ours, theirs = socket.socketpair()
        read_fd, write_fd = os.pipe()
        run = Run(self, start["run"], ours, read_fd)
        self.runs[run.id] = run
        send_control(self.control, StartRun(run=run.id, user=user), (theirs.fileno(), write_fd))
        theirs.close()
        os.close(write_fd)
        with contextlib.suppress(BrokenPipeError):  # a keeper that cannot begin reads nothing
            ours.sendall(encode_start(start))
        return run

    def pump(self, done: Callable[[], bool]) -> None:
        """Read from everything until `done`."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not done():
            assert time.monotonic() < deadline, "the run takes too long"
            live = [run for run in self.runs.values() if run.ended is None]
            handles = [self.control, *(run.report for run in live), *(run.output_fd for run in live)]
            for handle in select.select(handles, [], [], 0.2)[0]:
                self._read(handle, live)

    def _read(self, handle: socket.socket | int, live: list[Run]) -> None:
        if handle is self.control:
            received = receive_control(self.control)
            assert received is not None, "the fork server is gone"
            self._hear(received[0])
            return
        (run,) = [run for run in live if handle in (run.report, run.output_fd)]
        if run.ended is None:  # it may have ended by the packet just read
            self._drain(run)

    def _drain(self, run: Run) -> None:
        while select.select([run.report], [], [], 0)[0] and (data := _receive(run.report)):
            run.reports.extend(run.reader.feed(data))
        while select.select([run.output_fd], [], [], 0)[0] and (data := os.read(run.output_fd, 65536)):
            run.output += data.decode()

    def _hear(self, message: Control) -> None:
        run = self.runs[message.run]
        if isinstance(message, Started):
            run.started = message
        if isinstance(message, Ended):
            self._drain(run)
            run.ended = message
            run.report.close()
            os.close(run.output_fd)

    def close(self) -> None:
        self.control.close()
        self.process.wait(DEADLINE_SECONDS)


def _receive(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except ConnectionResetError:
        return b""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("work"))
    yield server
    server.close()


class Bench:
    """Writes job files and runs them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder

    def begin(self, source: str, class_name: str = "Sample", **fields: Any) -> Run:
        """Start a job of this source. `fields` replace those of the start message."""
        module = f"job_{uuid.uuid4().hex[:8]}"
        (self.folder / f"{module}.py").write_text("from foureyes.jobs import *\n" + source)
        return self.begin_module(module, class_name, **fields)

    def begin_module(self, module: str, class_name: str, **fields: Any) -> Run:
        return self.server.start(self.message(module, class_name, **fields))

    def message(self, module: str, class_name: str, **fields: Any) -> Start:
        """A start message. `fields` replace those it would have."""
        run_id = str(uuid.uuid4())
        work = self.server.folder / run_id
        work.mkdir()
        start: dict[str, Any] = {
            "run": run_id,
            "bundle_folder": str(self.folder),
            "module": module,
            "class": class_name,
            "values": {},
            "snapshots": {},
            "files": {},
            "commit": True,
            "read_only": False,
            "request": {"id": run_id, "user": None},
            "work_folder": str(work),
            "soft_limit_seconds": 300.0,
            "time_limit_seconds": 600.0,
            "database": None,
            "protected_tables": [],
        }
        return cast(Start, {**start, **fields})

    def run(self, source: str, class_name: str = "Sample", **fields: Any) -> Run:
        """Run a job of this source to its end."""
        return self.begin(source, class_name, **fields).wait()


@pytest.fixture
def bench(server: Server, tmp_path: Path) -> Bench:
    return Bench(server, tmp_path)

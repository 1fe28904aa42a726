"""The process of one run: reads what to do, does it, and reports how it ended."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from foureyes.jobs.exceptions import JobCancelled, SoftTimeLimitExceeded
from foureyes.jobs.job import Job, Surroundings, attach
from foureyes.jobs.joblogger import Step
from foureyes.jobs.steps import main_steps
from foureyes.sandbox.changes import Collected, is_open_to_jobs, watch
from foureyes.sandbox.database import connect, one_transaction
from foureyes.sandbox.failures import exception_text
from foureyes.sandbox.interrupts import Interrupts
from foureyes.sandbox.protocol import Cause, Outcome, Start, read_start
from foureyes.sandbox.reporter import SocketReporter
from foureyes.sandbox.source import find_job, load_module
from foureyes.sandbox.text import jsonable, shown
from foureyes.sandbox.values import request_stand_in, run_values

REVERTED = "Database changes have been reverted automatically."
REVERTED_BY_ERROR = "Database changes have been reverted due to error."


def main(report_fd: int) -> NoReturn:
    """Execute one run and end this process, without Python's shutdown: threads that the job left are not waited for."""
    sock = socket.socket(fileno=report_fd)
    start = read_start(sock)
    if start is not None:
        Run(sock, start).execute()
    os._exit(0)


class Run:
    """One execution of one job."""

    def __init__(self, sock: socket.socket, start: Start) -> None:
        self.start = start
        self.interrupts = Interrupts(start["soft_limit_seconds"])
        self.reporter = SocketReporter(sock, self.interrupts, _output_folder(start["work_folder"]))
        self.step = Step("initialization")
        self.commit = start["commit"] and not start["read_only"]
        self.database = start["database"] is not None
        self.output: list[str] = []
        self.returned: list[Any] = []  # the same as JSON
        self.changes = Collected()
        self.cause: Cause = ""
        self.job: Job | None = None

    def execute(self) -> None:
        """Load, run, report the result. Whatever happens in between ends in a result."""
        self.interrupts.install()
        if (job_class := self._load()) and (prepared := self._prepare(job_class)):
            self.job, values = prepared
            self._main(self.job, values)
            self._post_run(self.job)
        _flush_output()
        self.reporter.finish(outcome=self._outcome(), cause=self.cause, data=self._data(), returned=self.returned)

    def _load(self) -> type[Job] | None:
        start = self.start
        try:
            if start["database"] is not None:
                connect(start["database"], start["protected_tables"])
            with self.interrupts.armed():
                return find_job(load_module(start["module"], start["bundle_folder"]), start["class"])
        except BaseException as error:  # author's module: anything may come
            self._report_exception(error, "source")
            return None

    def _prepare(self, job_class: type[Job]) -> tuple[Job, dict[str, Any]] | None:
        try:
            with self.interrupts.armed():
                job = job_class()
                attach(job, self._surroundings())
                return job, run_values(job_class, self.start)
        except BaseException as error:  # author's constructor
            self._report_exception(error)
            return None

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            run_id=self.start["run"],
            commit=self.commit,
            reporter=self.reporter,
            request=request_stand_in(self.start["request"]),
            step=self.step,
        )

    def _main(self, job: Job, values: dict[str, Any]) -> None:
        """`run` and the tests; if the job has a database, in one transaction."""
        says_so = self.database and not self.start["read_only"]
        try:
            if self.database:
                with one_transaction(keep=self.commit), self._watching():
                    self._steps(job, values)
                self._tell_changes()
            else:
                self._steps(job, values)
        except BaseException as error:  # author's code: SystemExit and KeyboardInterrupt are ends like any other
            self.output.clear()
            self.returned.clear()
            self._report_exception(error)
            if says_so:
                self._log("info", REVERTED_BY_ERROR)
        else:
            if says_so and not self.commit:
                self._log("info", REVERTED)

    @contextmanager
    def _watching(self) -> Iterator[None]:
        """Collects what the job changes; only what was committed is told."""
        end = watch(self.changes.add, watched=is_open_to_jobs)
        try:
            yield
        finally:
            end()

    def _tell_changes(self) -> None:
        if not self.commit:
            return
        for changed in self.changes.all():
            self.reporter.object_changed(changed)
        if self.changes.left_out:
            self._log("warning", f"{self.changes.left_out:,} changes more were done and start no hooks.")

    def _steps(self, job: Job, values: dict[str, Any]) -> None:
        for name, call in main_steps(job, values):
            self.step.name = name
            with self.interrupts.armed():
                self._add_output(call())

    def _post_run(self, job: Job) -> None:
        self.step.name = "post_run"
        job.cancelled = self.interrupts.cancelled
        try:
            with self.interrupts.armed():
                self._add_output(job.post_run())
        except BaseException as error:  # author's code
            self._report_exception(error)

    def _add_output(self, returned: object) -> None:
        if returned:
            self.output.append("\n" + str(returned))
            self.returned.append(_as_json(returned))

    def _report_exception(self, error: BaseException, cause: Cause = "exception") -> None:
        self.interrupts.disarm()
        if isinstance(error, JobCancelled):
            self.cause = "cancelled"
            self._log("warning", "The run was cancelled.")
            return
        self.cause = self.cause or ("soft_limit" if isinstance(error, SoftTimeLimitExceeded) else cause)
        self._log("failure", exception_text(error, self.start["bundle_folder"]))

    def _log(self, level: str, message: str) -> None:
        self.reporter.log(level=level, grouping=self.step.name, message=message)

    def _outcome(self) -> Outcome:
        if self.cause:
            return "errored"
        return "failed" if self.job is not None and self.job.failed else "completed"

    def _data(self) -> dict[str, Any]:
        results = self.job.results if self.job is not None else {}
        return {**(results if isinstance(results, dict) else {}), "output": "".join(self.output)}


def _as_json(returned: object) -> Any:
    try:
        return jsonable(returned)
    except Exception:  # a collection of the author's that fails; its text did not
        return shown(returned)


def _output_folder(work_folder: str) -> Path:
    """Make the work folder the current one and the place of temporary files; output files get a folder in it."""
    os.chdir(work_folder)
    os.environ["TMPDIR"] = tempfile.tempdir = work_folder
    return Path(work_folder) / "files"


def _flush_output() -> None:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # the job closed them
        return

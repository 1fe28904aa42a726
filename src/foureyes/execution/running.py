"""One run in the hands of the worker: its channels, what came over them, and how it stands."""

import os
import select
import socket
from dataclasses import dataclass, field
from datetime import datetime

from foureyes.conf import Conf
from foureyes.errors import Refusal
from foureyes.execution.limits import Limits, Why, end_text, kill_text
from foureyes.execution.made_files import keep_output
from foureyes.execution.pending import Pending
from foureyes.execution.printed import Printed
from foureyes.models import JobLogEntry, JobResult
from foureyes.runs.masking import Masker
from foureyes.runs.reports import INITIALIZATION, PRINTED, Change, ChangedObject, Level, LogLine, Progress
from foureyes.sandbox import protocol

READ_BYTES = 16 * 1024  # of one channel and turn, so that a talkative run does not keep the others waiting


@dataclass(eq=False)
class Running:
    """State of one run. `step`s of the worker call its methods; none of them blocks or touches the database."""

    run: JobResult
    conf: Conf
    masker: Masker
    limits: Limits
    report: socket.socket
    output: int
    unsent: memoryview
    pending: Pending = field(default_factory=Pending)
    reader: protocol.ReportReader = field(default_factory=protocol.ReportReader)
    printed: Printed = field(default_factory=Printed)
    result: protocol.Result | None = None
    grouping: str = INITIALIZATION  # of the last line, for ours
    is_dead: bool = False  # all its processes are gone
    is_lost: bool = False  # somebody else has the run
    status: int | None = None
    failure: str = ""  # why its process could not be started
    report_ended: bool = False
    output_ended: bool = False

    @property
    def key(self) -> str:
        """Its name towards the fork server."""
        return str(self.run.pk)

    @property
    def may_read(self) -> bool:
        """Not while enough for a whole commit waits: its process waits then, and memory stays small."""
        return not self.pending.is_full

    def watched(self) -> list[tuple[int, int]]:
        """What to wait for: descriptors, each with its events of `poll`."""
        reading = select.POLLIN if self.may_read else 0
        writing = select.POLLOUT if self.unsent else 0
        wanted = [] if self.report_ended else [(self.report.fileno(), reading | writing)]
        if not self.output_ended:
            wanted.append((self.output, reading))
        return [(number, events) for number, events in wanted if events]

    def write(self) -> None:
        """Send what is left of the start message, as far as it goes."""
        try:
            while self.unsent:
                self.unsent = self.unsent[self.report.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError:  # it died first; the fork server tells
            self.unsent = memoryview(b"")

    def read(self, *, now: datetime, tick: float) -> bool:
        """Take some of what it reported and printed. Says whether there may be more."""
        reported = self._receive()
        for report in self.reader.feed(reported):
            self._take(report, now=now, tick=tick)
        printed = self._receive_printed()
        for text in self.printed.feed(printed):
            self._print(text, now=now, tick=tick)
        return bool(reported or printed)

    def close(self, *, now: datetime, tick: float) -> None:
        """Everything was read: give back the descriptors."""
        for text in self.printed.close():
            self._print(text, now=now, tick=tick)
        if self.reader.garbled:
            self.say(f"{self.reader.garbled} reports of the job could not be read.", Level.WARNING, now=now, tick=tick)
        self.release()

    def release(self) -> None:
        """Close the descriptors."""
        self.report.close()
        if self.output >= 0:
            os.close(self.output)
        self.output, self.report_ended, self.output_ended = -1, True, True

    def say(self, message: str, level: JobLogEntry.Level, *, now: datetime, tick: float) -> None:
        """A line of ours, under the heading of the last line of the job."""
        self.pending.add(LogLine(at=now, message=message, level=level, grouping=self.grouping), tick=tick)

    def say_end(self, why: Why, *, now: datetime, tick: float) -> None:
        """That it is being ended."""
        self.say(end_text(self.run, why), Level.WARNING, now=now, tick=tick)

    def say_kill(self, *, now: datetime, tick: float) -> None:
        """That it is killed."""
        self.say(
            kill_text(self.run, self.limits.why, self.conf.cancel_grace_seconds), Level.FAILURE, now=now, tick=tick
        )

    def _receive(self) -> bytes:
        try:
            data = b"" if self.report_ended else self.report.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except ConnectionResetError:
            data = b""
        self.report_ended = not data
        return data

    def _receive_printed(self) -> bytes:
        try:
            data = b"" if self.output_ended else os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return b""
        self.output_ended = not data
        return data

    def _print(self, text: str, *, now: datetime, tick: float) -> None:
        self.pending.add(LogLine(at=now, message=text, grouping=PRINTED), tick=tick)

    def _take(self, report: protocol.Report, *, now: datetime, tick: float) -> None:
        match report:
            case protocol.Result():
                self.result = report
            case protocol.Progress():
                progress = Progress(done=report.done, total=report.total, text=report.text)
                self.pending.add(progress, tick=tick)
            case protocol.Log():
                self.grouping = report.grouping
                self.pending.add(_line(report), tick=tick)
            case protocol.Change():
                self.pending.add(_change(report), tick=tick)
            case protocol.ObjectChanged():
                self.pending.add(_object(report), tick=tick)
            case protocol.File():
                self._keep(report, now=now, tick=tick)

    def _keep(self, report: protocol.File, *, now: datetime, tick: float) -> None:
        try:
            self.pending.add(keep_output(self.conf, self.run.pk, report), tick=tick)
        except (Refusal, OSError) as error:
            self.say(f"The file {report.name} was not kept: {error}", Level.WARNING, now=now, tick=tick)


def _line(report: protocol.Log) -> LogLine:
    return LogLine(
        at=report.at,
        message=report.message,
        level=JobLogEntry.Level(report.level),
        grouping=report.grouping,
        object=report.object,
        url=report.url,
    )


def _object(report: protocol.ObjectChanged) -> ChangedObject:
    return ChangedObject(
        action=report.action, model=report.model, key=report.key, text=report.text, fields=report.fields
    )


def _change(report: protocol.Change) -> Change:
    return Change(at=report.at, target=report.target, before=report.before, after=report.after, summary=report.summary)

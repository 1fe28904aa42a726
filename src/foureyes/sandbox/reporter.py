"""Sends a job's reports to the worker, within the limits of the protocol."""

import json
import math
import os
import socket
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from foureyes.jobs.context import media_type, open_output
from foureyes.sandbox.changes import Changed
from foureyes.sandbox.interrupts import Interrupts
from foureyes.sandbox.protocol import (
    MAX_LINE_BYTES,
    MAX_MESSAGE_BYTES,
    Cause,
    Change,
    File,
    Level,
    Log,
    ObjectChanged,
    Outcome,
    Progress,
    Report,
    Result,
    encode_report,
)
from foureyes.sandbox.text import cut, jsonable, shown

PROGRESS_SECONDS = 0.05  # a job may report progress in its innermost loop; nobody looks more often than this
MAX_VALUE_BYTES = 2**20  # of `before` and `after` of a change
NOBODY_LISTENS = 70  # exit code; EX_SOFTWARE


class SocketReporter:
    """The reporter of a run. Safe in threads; in processes that the job forks, log lines are printed instead."""

    def __init__(self, sock: socket.socket, interrupts: Interrupts, folder: Path) -> None:
        self._socket = sock
        self._interrupts = interrupts
        self._folder = folder
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._files: list[tuple[str, IO[Any]]] = []
        self._finished = False
        self._progress: Progress | None = None
        self._progress_sent_at = -PROGRESS_SECONDS

    def log(self, *, level: str, grouping: str, message: object, obj: object = None) -> None:
        """One log line, of at most 64 KiB."""
        self._send(
            Log(
                at=datetime.now(UTC),
                level=cast(Level, level),
                grouping=shown(grouping)[:100],
                message=cut(shown(message), MAX_MESSAGE_BYTES),
                object=None if obj is None else shown(obj)[:200],
                url=_url(obj),
            )
        )

    def progress(self, *, done: float, total: float | None, text: str) -> None:
        """How far the job is; of many in a short time only the last is sent."""
        if not math.isfinite(done) or (total is not None and not math.isfinite(total)):
            raise ValueError("Progress is told in finite numbers.")
        self._progress = Progress(
            done=float(done), total=None if total is None else float(total), text=shown(text)[:200]
        )
        if time.monotonic() - self._progress_sent_at >= PROGRESS_SECONDS:
            self._send(None)

    def change(self, *, target: object, before: object, after: object, summary: str) -> None:
        """One effect, done or intended."""
        self._send(
            Change(
                at=datetime.now(UTC),
                target=cut(shown(target), MAX_MESSAGE_BYTES),
                before=_bounded(before),
                after=_bounded(after),
                summary=cut(shown(summary), MAX_MESSAGE_BYTES),
            )
        )

    def object_changed(self, changed: Changed) -> None:
        """An object that the job changed for good; fields that are too large to keep are left out."""
        fields = changed.fields if _size(changed.fields) <= MAX_VALUE_BYTES else {}
        self._send(
            ObjectChanged(action=changed.action, model=changed.model, key=changed.key, text=changed.text, fields=fields)
        )

    def open_file(self, *, name: str, mode: str) -> IO[Any]:
        """An output file; told to the worker by `finish`."""
        self._folder.mkdir(exist_ok=True)
        file = open_output(self._folder, name, mode)
        self._files.append((name, file))
        return file

    def finish(self, *, outcome: Outcome, cause: Cause, data: dict[str, Any], returned: list[Any]) -> None:
        """Hand over the output files and the result; the last that is sent.

        `returned` goes along if it is more than text, which is in the data, and not too large.
        """
        for _name, file in self._files:
            if not file.closed:
                file.flush()
        for name in dict.fromkeys(name for name, _file in self._files):
            self._send(File(name=name, path=str(self._folder / name), media_type=media_type(name)))
        bounded = _bounded_result(data)
        structured = any(isinstance(value, dict | list) for value in returned) and _size(returned) <= MAX_VALUE_BYTES
        self._send(Result(outcome=outcome, cause=cause, data=bounded, returned=returned if structured else None))

    def _send(self, report: Report | None) -> None:
        if os.getpid() != self._process:
            if isinstance(report, Log):
                print(report.message, flush=True)  # noqa: T201 - the output of the run is all that a fork shares
            return
        with self._interrupts.held(), self._lock:
            if self._finished:
                return  # a thread that the job left behind
            self._finished = isinstance(report, Result)
            reports, self._progress = [self._progress, report], None
            lines = b"".join(encode_report(one) for one in reports if one is not None)
            if reports[0] is not None:
                self._progress_sent_at = time.monotonic()
            self._write(lines)

    def _write(self, lines: bytes) -> None:
        try:
            self._socket.sendall(lines)
        except OSError:
            os._exit(NOBODY_LISTENS)  # the worker is gone, and with it the run


def _url(obj: object) -> str | None:
    try:
        url = obj.get_absolute_url()  # type: ignore[attr-defined] # most objects have none
    except Exception:  # author's or model's code, and the address is an extra
        return None
    return url if isinstance(url, str) and len(url) <= 255 else None


def _size(plain: Any) -> int:
    return len(json.dumps(plain))


def _bounded(value: object) -> Any:
    plain = jsonable(value)
    size = _size(plain)
    return plain if size <= MAX_VALUE_BYTES else f"(a value of {size:,} bytes, too large to keep)"


def _bounded_result(data: dict[str, Any]) -> dict[str, Any]:
    plain = jsonable(data)
    half = MAX_LINE_BYTES // 4
    plain["output"] = cut(plain["output"], half)
    rest = {key: value for key, value in plain.items() if key != "output"}
    size = _size(rest)
    if size <= half:
        return cast(dict[str, Any], plain)
    return {"output": plain["output"], "note": f"{size:,} bytes of data were too large to keep"}

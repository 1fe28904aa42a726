"""What the worker, the fork server and the process of a run say to each other, and how it is framed.

Three channels, all Unix sockets or pipes that the worker makes:

* control (SOCK_SEQPACKET, worker and fork server): one JSON object per packet. `StartRun` carries two descriptors: the
  run's end of its report socket, and the writing end of its output pipe.
* report (SOCK_STREAM, worker and the run): the worker sends one `Start`, a 4-byte big-endian length and JSON; the run
  answers with one JSON object per line.
* output (pipe): what the job prints.

Lines of a report come from a process that executes author code: `ReportReader` takes nothing on trust.
It is one long module, since both ends of a message have to be read side by side to be changed together.
"""

import json
import math
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, Literal, TypedDict, cast

from foureyes.sandbox.text import jsonable, storable

MAX_PACKET_BYTES: Final = 64 * 1024
MAX_START_BYTES: Final = 256 * 2**20
MAX_LINE_BYTES: Final = 16 * 2**20
MAX_MESSAGE_BYTES: Final = 64 * 1024

Outcome = Literal["completed", "failed", "errored"]
Cause = Literal["", "exception", "soft_limit", "cancelled", "source"]
Level = Literal["default", "success", "info", "warning", "failure"]
RunSignal = Literal["soft", "cancel"]


class ProtocolError(Exception):
    """The other side sent something that is no message."""


# Control: worker -> fork server


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Start a process for the run, as the operating-system user `user` if one is named. Answer: Started or Failed."""

    op: ClassVar[str] = "start"
    run: str
    user: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRun:
    """Raise SoftTimeLimitExceeded (`soft`) or JobCancelled (`cancel`) in the job. No answer."""

    op: ClassVar[str] = "signal"
    run: str
    signal: RunSignal


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRun:
    """Kill the run's process and everything it ever started. If it was alive, `Ended` follows; else no answer."""

    op: ClassVar[str] = "sweep"
    run: str


# Control: fork server -> worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The fork server has loaded everything and takes runs. Sent once, first."""

    op: ClassVar[str] = "ready"
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The run's process exists. `pid` is its keeper's, which passes SIGUSR1 and SIGTERM on."""

    op: ClassVar[str] = "started"
    run: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The run's process could not be started."""

    op: ClassVar[str] = "failed"
    run: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The run's process and all that it started are gone. `status` is the exit code, or minus the signal's number."""

    op: ClassVar[str] = "ended"
    run: str
    pid: int
    status: int


Control = StartRun | SignalRun | SweepRun | Ready | Started | Failed | Ended
_CONTROLS: dict[str, type[Control]] = {
    kind.op: kind for kind in (StartRun, SignalRun, SweepRun, Ready, Started, Failed, Ended)
}


def send_control(sock: socket.socket, message: Control, fds: tuple[int, ...] = ()) -> None:
    """Send one packet, with descriptors."""
    packet = json.dumps({"op": message.op, **asdict(message)}).encode()
    socket.send_fds(sock, [packet], list(fds))


def receive_control(sock: socket.socket) -> tuple[Control, list[int]] | None:
    """The next packet and the descriptors that came with it, or None when the other side has gone."""
    try:
        packet, fds, _flags, _address = socket.recv_fds(sock, MAX_PACKET_BYTES, 2)
    except ConnectionResetError:
        return None
    if not packet:
        return None
    try:
        fields = json.loads(packet)
        return _CONTROLS[fields.pop("op")](**fields), fds
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"not a control message: {packet[:100]!r}") from error


# Report: worker -> run


class Requester(TypedDict):
    """Who asked for the run; becomes `self.request.user`."""

    id: str
    username: str
    email: str
    first_name: str
    last_name: str
    is_superuser: bool
    groups: list[str]


class Request(TypedDict):
    """What `self.request` is made of."""

    id: str
    user: Requester | None


class SnapshotFields(TypedDict):
    """A database row as a job without database sees it. A field may hold such an object again."""

    model: str  # auth.group
    pk: Any
    display: str
    url: str | None
    fields: dict[str, Any]


class InputFileFields(TypedDict):
    """Where the content of a file variable lies, and what the person called it."""

    path: str
    name: str


Start = TypedDict(
    "Start",
    {
        "run": str,
        "bundle_folder": str | None,  # None: the module is part of an installed package
        "module": str,
        "class": str,
        "values": dict[str, Any],  # canonical, by variable
        "snapshots": dict[str, SnapshotFields | list[SnapshotFields] | None],  # by object variable
        "files": dict[str, InputFileFields],  # by file variable
        "commit": bool,
        "read_only": bool,
        "request": Request,
        "work_folder": str,
        "soft_limit_seconds": float,
        "time_limit_seconds": float,
        "database": dict[str, Any] | None,  # an entry of Django's DATABASES
        "protected_tables": list[str],  # what the job may not write there
    },
)


def encode_start(start: Start) -> bytes:
    """The bytes to write to a run's report socket."""
    body = json.dumps(start).encode()
    return struct.pack(">I", len(body)) + body


def read_start(sock: socket.socket) -> Start | None:
    """The start message, or None when the worker has gone. Blocks."""
    header = _read_exactly(sock, 4)
    if header is None:
        return None
    (length,) = struct.unpack(">I", header)
    if length > MAX_START_BYTES:
        raise ProtocolError(f"start message of {length} bytes")
    body = _read_exactly(sock, length)
    return None if body is None else cast(Start, json.loads(body))


def _read_exactly(sock: socket.socket, count: int) -> bytes | None:
    received = bytearray()
    while len(received) < count:
        chunk = sock.recv(min(count - len(received), 2**20))
        if not chunk:
            return None
        received += chunk
    return bytes(received)


# Report: run -> worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log line."""

    t: ClassVar[str] = "log"
    at: datetime
    level: Level
    grouping: str
    message: str
    object: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the job is."""

    t: ClassVar[str] = "progress"
    done: float
    total: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One effect that the job did or, without commit, intends."""

    t: ClassVar[str] = "change"
    at: datetime
    target: str
    before: Any = None
    after: Any = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChanged:
    """An object that a job with a database has made, changed or deleted, after its transaction."""

    t: ClassVar[str] = "object"
    action: str
    model: str
    key: str
    text: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A complete output file in the run's work folder."""

    t: ClassVar[str] = "file"
    name: str
    path: str
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the job ended. Sent once, last."""

    t: ClassVar[str] = "result"
    outcome: Outcome
    cause: Cause
    data: dict[str, Any]
    returned: list[Any] | None = None  # what the job's methods returned, where it is more than text


Report = Log | Progress | Change | ObjectChanged | File | Result


def encode_report(report: Report) -> bytes:
    """One line. Instants as ISO 8601."""
    fields = {"t": report.t, **asdict(report)}
    if isinstance(report, Log | Change):
        fields["at"] = report.at.isoformat()
    return json.dumps(fields, separators=(",", ":"), allow_nan=False).encode() + b"\n"


class ReportReader:
    """Takes bytes as they arrive and yields reports. Lines that are none are counted in `garbled` and left out."""

    def __init__(self) -> None:
        self.garbled = 0
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[Report]:
        """The reports that are complete with these bytes. Consume the iterator before feeding again."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._keep(line)
            whole, self._rest = bytes(self._rest), bytearray()
            if self._skipping:
                self._skipping = False
                continue
            try:
                yield parse_report(whole)
            except ProtocolError:
                self.garbled += 1
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        if self._skipping:
            return
        self._rest += part
        if len(self._rest) > MAX_LINE_BYTES:
            self._skipping = True
            self.garbled += 1
            self._rest = bytearray()


def parse_report(line: bytes) -> Report:
    """The report in one line, its texts fit for the database. Raises ProtocolError."""
    try:
        fields = json.loads(line, parse_constant=_no_constant)
        return _PARSERS[fields["t"]](fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProtocolError(f"not a report: {line[:100]!r}") from error


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _text(fields: Mapping[str, Any], name: str, limit: int) -> str:
    value = fields[name]
    if not isinstance(value, str):
        raise ProtocolError(f"{name} is no text")
    return storable(value)[:limit]


def _text_or_none(fields: Mapping[str, Any], name: str, limit: int) -> str | None:
    return None if fields.get(name) is None else _text(fields, name, limit)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ProtocolError("not a number")
    return float(value)


def _instant(fields: Mapping[str, Any]) -> datetime:
    instant = datetime.fromisoformat(_text(fields, "at", 64))
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _log(fields: Mapping[str, Any]) -> Log:
    level = fields["level"]
    return Log(
        at=_instant(fields),
        level=level if level in ("success", "info", "warning", "failure") else "default",
        grouping=_text(fields, "grouping", 100),
        message=_text(fields, "message", MAX_MESSAGE_BYTES),
        object=_text_or_none(fields, "object", 200),
        url=_text_or_none(fields, "url", 255),
    )


def _progress(fields: Mapping[str, Any]) -> Progress:
    total = fields["total"]
    return Progress(
        done=_number(fields["done"]),
        total=None if total is None else _number(total),
        text=_text(fields, "text", 200),
    )


def _change(fields: Mapping[str, Any]) -> Change:
    return Change(
        at=_instant(fields),
        target=_text(fields, "target", MAX_MESSAGE_BYTES),
        before=jsonable(fields["before"]),
        after=jsonable(fields["after"]),
        summary=_text(fields, "summary", MAX_MESSAGE_BYTES),
    )


def _object(fields: Mapping[str, Any]) -> ObjectChanged:
    action, state = fields["action"], fields["fields"]
    if action not in ("create", "update", "delete") or not isinstance(state, dict):
        raise ProtocolError("not a change of an object")
    return ObjectChanged(
        action=action,
        model=_text(fields, "model", 100),
        key=_text(fields, "key", 64),
        text=_text(fields, "text", 200),
        fields=jsonable(state),
    )


def _file(fields: Mapping[str, Any]) -> File:
    return File(
        name=_text(fields, "name", 255), path=_text(fields, "path", 4096), media_type=_text(fields, "media_type", 100)
    )


def _result(fields: Mapping[str, Any]) -> Result:
    outcome, cause, data, returned = fields["outcome"], fields["cause"], fields["data"], fields.get("returned")
    if outcome not in ("completed", "failed", "errored") or not isinstance(data, dict):
        raise ProtocolError("not a result")
    if returned is not None and not isinstance(returned, list):
        raise ProtocolError("not a result")
    known: Cause = cause if cause in ("", "exception", "soft_limit", "cancelled", "source") else "exception"
    return Result(outcome=outcome, cause=known, data=jsonable(data), returned=jsonable(returned))


_PARSERS: dict[str, Callable[[Mapping[str, Any]], Report]] = {
    "log": _log,
    "progress": _progress,
    "change": _change,
    "object": _object,
    "file": _file,
    "result": _result,
}

"""What surrounds a running job: where its reports go, who asked for it, and what it sees of database rows."""

import mimetypes
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Protocol


class Reporter(Protocol):
    """Where a job's reports go. In a run this is a socket to the worker, in an author's tests a list."""

    def log(self, *, level: str, grouping: str, message: object, obj: object = None) -> None:
        """One log line."""

    def progress(self, *, done: float, total: float | None, text: str) -> None:
        """How far the job is."""

    def change(self, *, target: object, before: object, after: object, summary: str) -> None:
        """One effect, done or intended."""

    def open_file(self, *, name: str, mode: str) -> IO[Any]:
        """An output file open for writing; it is kept as it is when the job ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One log line of a job that runs without a worker."""

    level: str
    grouping: str
    message: str
    obj: object = None


@dataclass(slots=True, kw_only=True)
class MemoryReporter:
    """Keeps the reports in lists: for jobs that their authors call in unit tests."""

    lines: list[LogLine] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    progressed: list[tuple[float, float | None, str]] = field(default_factory=list)
    folder: Path | None = None

    def log(self, *, level: str, grouping: str, message: object, obj: object = None) -> None:
        """Keep the line."""
        self.lines.append(LogLine(level=level, grouping=grouping, message=str(message), obj=obj))

    def progress(self, *, done: float, total: float | None, text: str) -> None:
        """Keep the progress."""
        self.progressed.append((done, total, text))

    def change(self, *, target: object, before: object, after: object, summary: str) -> None:
        """Keep the change."""
        self.changes.append({"target": target, "before": before, "after": after, "summary": summary})

    def open_file(self, *, name: str, mode: str) -> IO[Any]:
        """A file in a temporary folder."""
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="foureyes-job-"))
        return open_output(self.folder, name, mode)


def open_output(folder: Path, name: str, mode: str) -> IO[Any]:
    """Open an output file. A name is a plain file name, so that nothing is written outside the folder."""
    if mode not in ("w", "wb", "x", "xb", "a", "ab"):
        raise ValueError(f"An output file is opened for writing, not with mode {mode!r}.")
    if not name or name in (".", "..") or "/" in name or not name.isprintable() or len(name.encode()) > 255:
        raise ValueError(f"{name!r} cannot be the name of an output file: give a plain file name.")
    return (folder / name).open(mode, encoding=None if "b" in mode else "utf-8")


def media_type(name: str) -> str:
    """The media type that the name's ending tells."""
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


class NamedList(list[str]):
    """Names of groups, with the calls that a 1.x job makes on a queryset of groups."""

    def all(self) -> "NamedList":
        """Itself."""
        return self

    def exists(self) -> bool:
        """Is there any?"""
        return bool(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUser:
    """Who asked for the run."""

    id: str = ""
    username: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    is_superuser: bool = False
    groups: NamedList = field(default_factory=NamedList)
    is_authenticated: bool = True

    @property
    def pk(self) -> str:
        """The id."""
        return self.id

    def __str__(self) -> str:
        return self.username


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestStandIn:
    """`self.request`: there is no HTTP request any more when a job runs, but 1.x jobs look at one."""

    user: RequestUser = field(default_factory=RequestUser)
    id: str = ""
    path: str = ""
    META: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    GET: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    POST: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Snapshot:
    """A read-only copy of a database row: its fields as attributes, `pk`, `id`, and its text."""

    def __init__(self, *, model: str, pk: Any, display: str, fields: Mapping[str, Any], url: str | None = None) -> None:
        self._model, self._display, self._url = model, display, url
        self._fields = {name: wrap(value) for name, value in fields.items()}
        self.pk = pk
        self.id = self._fields.get("id", pk)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", {})
        if name in fields:
            return fields[name]
        raise AttributeError(
            f"The copy of this {self.__dict__.get('_model', 'row')} has no {name!r}; it has: {', '.join(fields)}. "
            "A job that needs more of the row declares `database = True` in its class Meta."
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if "id" in self.__dict__:
            raise AttributeError(
                f"This copy of a {self._model} is read-only. "
                "A job that changes rows declares `database = True` in its class Meta."
            )
        super().__setattr__(name, value)

    def get_absolute_url(self) -> str | None:
        """Where the row is shown."""
        return self._url

    def get_snapshots(self) -> Any:
        """Of an object change: `{"prechange", "postchange", "differences"}`."""
        return self._fields.get("snapshots")

    def __str__(self) -> str:
        return self._display

    def __repr__(self) -> str:
        return f"<{self._model}: {self._display}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Snapshot) and (self._model, self.pk) == (other._model, other.pk)

    def __hash__(self) -> int:
        return hash((self._model, self.pk))


class SnapshotList(Sequence[Snapshot]):
    """Copies of several rows, with what jobs ask of a queryset that needs no database."""

    def __init__(self, snapshots: Sequence[Snapshot] = ()) -> None:
        self._snapshots = list(snapshots)

    def __getitem__(self, index: Any) -> Any:
        return self._snapshots[index]

    def __len__(self) -> int:
        return len(self._snapshots)

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._snapshots)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"These are copies of rows, without {name!r}. "
            "A job that queries the database declares `database = True` in its class Meta."
        )

    def __repr__(self) -> str:
        return f"<SnapshotList {self._snapshots!r}>"

    def all(self) -> "SnapshotList":
        """Itself."""
        return self

    def first(self) -> Snapshot | None:
        """The first, or None."""
        return self._snapshots[0] if self._snapshots else None

    def exists(self) -> bool:
        """Is there any?"""
        return bool(self._snapshots)

    def count(self, *value: Any) -> int:
        """How many there are."""
        return self._snapshots.count(*value) if value else len(self._snapshots)


def wrap(value: Any) -> Any:
    """Copies of rows within JSON as Snapshot and SnapshotList; other values as they are."""
    if _is_row(value):
        return Snapshot(
            model=value["model"],
            pk=value["pk"],
            display=value["display"],
            fields=value["fields"],
            url=value.get("url"),
        )
    if isinstance(value, list) and value and all(_is_row(item) for item in value):
        return SnapshotList([wrap(item) for item in value])
    return value


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and {"model", "pk", "display", "fields"} <= value.keys()

"""What a run reports while it runs, as values: the form between its process and the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foureyes.models import JobLogEntry

MOST_ROWS = 500  # of one commit: longer ones keep the other writers of SQLite waiting
INITIALIZATION, PRINTED = "initialization", "output"  # the groupings of our lines before the job's, and of its prints
Level = JobLogEntry.Level


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log."""

    at: datetime
    message: str
    level: JobLogEntry.Level = Level.DEFAULT
    grouping: str = "main"
    object: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One effect: done if the run commits, else only intended."""

    at: datetime
    target: str
    before: Any = None
    after: Any = None
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the job is; `total` is unknown if None."""

    done: float
    total: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedObject:
    """A row of another app, or a group, that a job with a database has changed for good."""

    action: str
    model: str
    key: str
    text: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeFile:
    """An output file whose content is in the store already."""

    name: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Some of it, to be recorded in one commit: at most `MOST_ROWS` rows."""

    lines: Sequence[LogLine] = field(default=())
    changes: Sequence[Change] = field(default=())
    objects: Sequence[ChangedObject] = field(default=())
    files: Sequence[MadeFile] = field(default=())
    progress: Progress | None = None

    def __bool__(self) -> bool:
        return bool(self.lines or self.changes or self.objects or self.files or self.progress)

"""How the events of a run look: on a terminal with a line of progress below the log, in a pipe, and as JSON lines."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from foureyes.cli.client import Row
from foureyes.cli.screen import Screen, coloured, safe
from foureyes.cli.times import lasting

PLAIN_PROGRESS_SECONDS = 1  # in a pipe, progress is a line of its own and rarer


class View(Protocol):
    """Shows one event after another."""

    def show(self, name: str, document: Row) -> None: ...


def view_for(screen: Screen) -> AbstractContextManager[View]:
    """The view that fits the reader."""
    if screen.as_json:
        return _json_lines(screen)
    return _terminal(screen) if screen.is_terminal else _plain(screen)


def log_line(entry: Row) -> Text:
    """A log line for people: `22:00:05 warning main: text (object)`."""
    at = datetime.fromisoformat(entry["created"]).astimezone()
    level = entry.get("level") or entry.get("log_level") or ""
    grouping = "" if entry.get("grouping") in (None, "", "main", "run") else f"{entry['grouping']}: "
    about = f" ({entry['object']})" if entry.get("object") else ""
    message = safe(f"{grouping}{entry['message']}{about}").replace("\n", f"\n{'':17}")
    return Text.assemble((f"{at:%H:%M:%S} ", "dim"), coloured(f"{level:<7}"), " ", message)


def change_line(change: Row, *, intended: bool = False) -> Text:
    """A change for people: of what, and the author's summary of it, or else from what to what."""
    verb = "would change" if intended else "change"
    before, after = change.get("before"), change.get("after")
    effect = change.get("summary") or ("" if before == after else f"{before} -> {after}")
    text = f"{change['target']}: {effect}" if effect else str(change["target"])
    return Text.assemble((f"{verb:<16} ", "magenta"), safe(text))


def outcome(run: Row) -> Text:
    """How a run ended, and how long it took."""
    cause = f" ({run['cause_text']})" if run.get("cause_text") else ""
    took = f" after {lasting(run['duration_seconds'])}" if run.get("duration_seconds") is not None else ""
    return Text.assemble("Run ", coloured(run["status"]), safe(f"{cause}{took}."))


class _Lines:
    """Every event a line, written by `print_line`."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._state = ""
        self._dry = False
        self._progress_at = -PLAIN_PROGRESS_SECONDS * 1.0

    def show(self, name: str, document: Row) -> None:
        if name == "log":
            self._screen.print(log_line(document))
        elif name == "change":
            self._screen.print(change_line(document, intended=self._dry))
        elif name == "progress":
            self.progress(document)
        elif name == "status":
            self._dry = document.get("purpose") == "dry_run" or document.get("commit") is False
            self.state(document["status"])
        elif name == "end":
            self.end(document)

    def progress(self, document: Row) -> None:
        if time.monotonic() - self._progress_at >= PLAIN_PROGRESS_SECONDS:
            self._progress_at = time.monotonic()
            self._screen.print(f"progress {progress_text(document)}")

    def state(self, status: str) -> None:
        if status != self._state and status in {"pending", "running"}:
            self._screen.print(Text.assemble("Run ", coloured(status)))
        self._state = status

    def end(self, run: Row) -> None:
        output = (run.get("data") or {}).get("output") if isinstance(run.get("data"), dict) else None
        if output:
            self._screen.print(safe(str(output).strip("\n")))
        self._screen.print(outcome(run))
        if run.get("file_count"):
            self._screen.print(f"Output files ({run['file_count']}):  foureyes results files {run['id']}")


class _WithBar(_Lines):
    """The same above a line with spinner and progress bar."""

    def __init__(self, screen: Screen, bar: Progress) -> None:
        super().__init__(screen)
        self._bar = bar
        self._task = bar.add_task("pending", total=None)

    def progress(self, document: Row) -> None:
        self._bar.update(
            self._task,
            completed=document["done"] or 0,
            total=document.get("total"),
            description=safe(document.get("text") or self._state),
        )

    def state(self, status: str) -> None:
        self._state = status
        self._bar.update(self._task, description=status)

    def end(self, run: Row) -> None:
        self._bar.stop()
        super().end(run)


class _JsonLines:
    """Every event a JSON document on its line: `{"event": "log", ...}`."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    def show(self, name: str, document: Row) -> None:
        self._screen.json_line({"event": name, name if name != "end" else "run": document})


@contextmanager
def _json_lines(screen: Screen) -> Iterator[View]:
    yield _JsonLines(screen)


@contextmanager
def _plain(screen: Screen) -> Iterator[View]:
    yield _Lines(screen)


@contextmanager
def _terminal(screen: Screen) -> Iterator[View]:
    columns: Any = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=screen.console, transient=True) as bar:
        yield _WithBar(screen, bar)


def progress_text(progress: Row) -> str:
    """`30/200 Copying`."""
    total = "" if progress.get("total") is None else f"/{progress['total']:g}"
    return safe(f"{progress['done'] or 0:g}{total} {progress.get('text') or ''}".strip())

"""What a run has reported and what is not stored yet."""

from foureyes.runs.reports import MOST_ROWS, Change, ChangedObject, LogLine, MadeFile, Progress, Report

FLUSH_SECONDS = 0.1  # nobody who watches waits longer for a line


class Pending:
    """Keeps the order within each kind; of several progress reports only the last counts."""

    def __init__(self) -> None:
        self._lines: list[LogLine] = []
        self._changes: list[Change] = []
        self._objects: list[ChangedObject] = []
        self._files: list[MadeFile] = []
        self._progress: Progress | None = None
        self._since: float | None = None  # stopwatch at the oldest of them

    def add(self, item: LogLine | Change | ChangedObject | MadeFile | Progress, *, tick: float) -> None:
        """One more."""
        match item:
            case LogLine():
                self._lines.append(item)
            case Change():
                self._changes.append(item)
            case ChangedObject():
                self._objects.append(item)
            case MadeFile():
                self._files.append(item)
            case Progress():
                self._progress = item
        if self._since is None:
            self._since = tick

    @property
    def rows(self) -> int:
        """How many rows it would take to store all."""
        return len(self._lines) + len(self._changes) + len(self._objects) + len(self._files)

    @property
    def is_full(self) -> bool:
        """Enough for a whole commit: store before reading on."""
        return self.rows >= MOST_ROWS

    @property
    def due(self) -> float | None:
        """The stopwatch when it has to be stored at the latest; None if there is nothing."""
        return None if self._since is None else self._since + FLUSH_SECONDS

    def next_report(self) -> Report:
        """The oldest, at most as many as one commit takes."""
        changes = self._changes[:MOST_ROWS]
        objects = self._objects[: MOST_ROWS - len(changes)]
        files = self._files[: MOST_ROWS - len(changes) - len(objects)]
        lines = self._lines[: MOST_ROWS - len(changes) - len(objects) - len(files)]
        return Report(lines=lines, changes=changes, objects=objects, files=files, progress=self._progress)

    def stored(self, report: Report, *, tick: float) -> None:
        """Forget what was stored."""
        del self._lines[: len(report.lines)]
        del self._changes[: len(report.changes)]
        del self._objects[: len(report.objects)]
        del self._files[: len(report.files)]
        if self._progress is report.progress:
            self._progress = None
        self._since = tick if self.rows or self._progress else None

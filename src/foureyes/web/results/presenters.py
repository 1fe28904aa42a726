"""Runs as pages show them: prepared values, no queries."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.utils import timezone

from foureyes.models import JobLogEntry, JobResult
from foureyes.web.states import state_of_run

Level = JobLogEntry.Level
LINE_CLASS = {Level.WARNING: "w", Level.FAILURE: "e"}
LINE_WORD = {
    Level.DEFAULT: "LOG",
    Level.SUCCESS: "OK",
    Level.INFO: "INFO",
    Level.WARNING: "WARN",
    Level.FAILURE: "ERROR",
}
FENCE = "```"  # around the traceback in the message of an exception
FOLD_AFTER, LEAST_FOLDED = 6, 2  # lines of one message
LEAST_KNOWN = 3  # runs before something is called usual


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in a list."""

    run: JobResult
    state: str
    number: str
    job_name: str
    length: timedelta | None
    warnings: int
    errors: int
    is_dry: bool
    approved_by: str


def run_rows(runs: Iterable[JobResult], *, deciders: Mapping[UUID, str], now: datetime) -> Iterator[RunRow]:
    """Rows of a list; `deciders` names who approved a run, by the run's id."""
    for run in runs:
        levels = levels_of(run)
        yield RunRow(
            run=run,
            state=state_of_run(run),
            number=number_of(run),
            job_name=job_name_of(run),
            length=length_of(run, now=now),
            warnings=levels.get(Level.WARNING, 0),
            errors=levels.get(Level.FAILURE, 0),
            is_dry=run.purpose == JobResult.Purpose.DRY_RUN,
            approved_by=deciders.get(run.pk, ""),
        )


def number_of(run: JobResult) -> str:
    """A short name of a run: the end of its id, which tells runs apart."""
    return run.pk.hex[-8:]


def job_name_of(run: JobResult) -> str:
    """The job's name, or its class path when it is gone."""
    return run.job_model.name if run.job_model else run.name


def length_of(run: JobResult, *, now: datetime) -> timedelta | None:
    """How long it ran, or runs already."""
    if run.started_at is None:
        return None
    return max((run.completed or now) - run.started_at, timedelta(0))


def levels_of(run: JobResult) -> dict[str, int]:
    """Lines by level, as counted while they were written."""
    levels: dict[str, int] = (run.log_summary or {}).get("levels", {})
    return levels


def usual_length(lengths: Iterable[timedelta]) -> timedelta | None:
    """The median of what earlier runs took; None while too few are known."""
    known = [length.total_seconds() for length in lengths]
    return timedelta(seconds=median(known)) if len(known) >= LEAST_KNOWN else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One log line. Lines are numbered from 1; a line that opens a step is set off.

    `folded` has the rest of a long message, which is opened by hand.
    """

    number: int
    clock: str
    css: str
    word: str
    text: str
    folded: str
    folded_lines: int
    about: str


def message_lines(message: str) -> list[str]:
    """What a message says, line by line, without the fences that chat and Markdown need. At least one line."""
    shown = [line for line in message.split("\n") if line.strip() != FENCE]
    return "\n".join(shown).rstrip().split("\n")


def shown_lines(lines: Iterable[JobLogEntry], *, steps: Iterable[int] = ()) -> list[Line]:
    """Log lines in the viewer's zone."""
    openings = set(steps)
    return [_line(entry, entry.sequence in openings) for entry in lines]


def _line(entry: JobLogEntry, opens_step: bool) -> Line:
    said = message_lines(entry.message) if "\n" in entry.message else [entry.message]
    at = FOLD_AFTER if len(said) >= FOLD_AFTER + LEAST_FOLDED else len(said)
    return Line(
        number=entry.sequence + 1,
        clock=f"{timezone.localtime(entry.created):%H:%M:%S}",
        css=LINE_CLASS.get(Level(entry.log_level), "s" if opens_step else ""),
        word=LINE_WORD[Level(entry.log_level)],
        text="\n".join(said[:at]),
        folded="\n".join(said[at:]),
        folded_lines=len(said) - at,
        about=entry.log_object or "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a run with how long it took, or takes already."""

    name: str
    line: int
    length: timedelta
    state: str


def steps_of(run: JobResult, *, now: datetime) -> list[Step]:
    """The steps that the log tells; the last one shares the run's state."""
    told = (run.log_summary or {}).get("steps", [])
    starts = [datetime.fromisoformat(at) for _, _, at in told]
    ends = [*starts[1:], run.completed or now] if starts else []
    last = len(told) - 1
    return [
        Step(
            name=step_name(name),
            line=number + 1,
            length=max(end - start, timedelta(0)),
            state=state_of_run(run) if place == last else "succeeded",
        )
        for place, ((name, number, _), start, end) in enumerate(zip(told, starts, ends, strict=True))
    ]


def step_name(grouping: str) -> str:
    """A grouping as a heading: "test_reach_hosts" becomes "Test reach hosts"."""
    return grouping.replace("_", " ").strip().capitalize() or "Run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProgress:
    """How far a run is."""

    percent: int | None
    text: str
    counts: str
    left: timedelta | None
    is_long: bool


def progress_of(run: JobResult, *, usual: timedelta | None, longest: timedelta | None, now: datetime) -> ShownProgress:
    """What the job says, and what is left of the usual duration; long past what nearly all runs took.

    Where nothing is usual, what is left follows from how far the run has come.
    """
    done, total = run.progress_done, run.progress_total
    spent = length_of(run, now=now) or timedelta(0)
    percent = min(100, max(0, round(100 * done / total))) if done is not None and total else None
    counts = f"{done:g} of {total:g}" if done is not None and total else f"{done:g}" if done is not None else ""
    left = usual - spent if usual is not None and usual > spent else None
    if usual is None and done and total and done < total:
        left = spent * ((total - done) / done)
    return ShownProgress(
        percent=percent,
        text=run.progress_text,
        counts="" if total and run.progress_text and _names_total(run.progress_text, total) else counts,
        left=left,
        is_long=longest is not None and spent > longest,
    )


def _names_total(text: str, total: float) -> bool:
    """Whether the job's own words count already."""
    return re.search(rf"(?<![\d.,]){re.escape(f'{total:g}')}(?![\d.,]*\d)", text.replace(",", "")) is not None


def result_of(run: JobResult) -> Any:
    """What the job returned, without the parts that the page shows elsewhere."""
    if not isinstance(run.data, dict):
        return run.data
    return run.data.get("output")

"""Runs as pages show them: prepared values, no queries."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.safestring import SafeString

from foureyes import unseen
from foureyes.models import JobLogEntry, JobResult
from foureyes.runs.usual import History, Key, is_long, key_of, steps_begun, steps_to_come, time_left
from foureyes.unseen import JOINERS
from foureyes.web.source_text import spelled
from foureyes.web.states import state_of_run
from foureyes.web.times import duration

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in a list."""

    run: JobResult
    state: str
    number: str
    job_name: str
    length: timedelta | None
    usual: timedelta | None
    warnings: int
    errors: int
    is_dry: bool
    approved_by: str


def run_rows(
    runs: Iterable[JobResult],
    *,
    deciders: Mapping[UUID, str],
    usual: Mapping[Key, timedelta | None] | None = None,
    now: datetime,
) -> Iterator[RunRow]:
    """Rows of a list; `deciders` names who approved a run, by the run's id, and `usual` what is usual of its kind."""
    for run in runs:
        levels = levels_of(run)
        yield RunRow(
            run=run,
            state=state_of_run(run),
            number=number_of(run),
            job_name=job_name_of(run),
            length=length_of(run, now=now),
            usual=(usual or {}).get(key_of(run)),
            warnings=levels.get(Level.WARNING, 0),
            errors=levels.get(Level.FAILURE, 0),
            is_dry=run.purpose == JobResult.Purpose.DRY_RUN,
            approved_by=deciders.get(run.pk, ""),
        )


def number_of(run: JobResult) -> str:
    """A short name of a run: the end of its id, which tells runs apart."""
    return number_of_key(run.pk)


def number_of_key(key: UUID) -> str:
    """The same by its id."""
    return key.hex[-8:]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One log line. Lines are numbered from 1; one that opens a step has its name as a heading.

    `whole` is the message without a fold, as plain text. `folded` has the rest of a long message, which is opened
    by hand.
    """

    number: int
    clock: str
    css: str
    word: str
    text: SafeString
    folded: SafeString
    whole: str
    folded_lines: int
    about: SafeString
    step: str


def message_lines(message: str) -> list[str]:
    """What a message says, line by line, without the fences that chat and Markdown need. At least one line."""
    shown = [line for line in message.split("\n") if line.strip() != FENCE]
    return "\n".join(shown).rstrip().split("\n")


def shown_lines(lines: Iterable[JobLogEntry], *, steps: Mapping[int, str] | None = None) -> list[Line]:
    """Log lines in the viewer's zone; `steps` has the names of steps by the sequence number of their first line."""
    return [_line(entry, (steps or {}).get(entry.sequence, "")) for entry in lines]


def _line(entry: JobLogEntry, step: str) -> Line:
    said = message_lines(entry.message) if "\n" in entry.message else [entry.message]
    at = FOLD_AFTER if len(said) >= FOLD_AFTER + LEAST_FOLDED else len(said)
    return Line(
        number=entry.sequence + 1,
        clock=f"{timezone.localtime(entry.created):%H:%M:%S}",
        css=LINE_CLASS.get(Level(entry.log_level), "s" if step else ""),
        word=LINE_WORD[Level(entry.log_level)],
        text=spelled("\n".join(said[:at]), but=JOINERS),
        folded=spelled("\n".join(said[at:]), but=JOINERS),
        whole=unseen.spelled("\n".join(said), but=JOINERS),
        folded_lines=len(said) - at,
        about=spelled(entry.log_object or "", but=JOINERS),
        step=step,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a run with how long it took, or takes already; one that is to come has no line yet."""

    name: str
    line: int | None
    length: timedelta | None
    usual: timedelta | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps in their order. `place` says which of how many, while that is known."""

    rows: list[Step]
    place: str

    @property
    def begun(self) -> int:
        """How many have begun."""
        return sum(step.line is not None for step in self.rows)

    @property
    def now(self) -> str:
        """The name of the step that goes on."""
        begun = [step for step in self.rows if step.line]
        return begun[-1].name if begun else ""


def steps_of(run: JobResult, history: History, *, now: datetime) -> Steps | None:
    """The steps that the log tells, the last of which shares the run's state, and those that are likely to come.

    None where the work has no steps: one is none.
    """
    begun, is_live = steps_begun(run), run.completed is None
    ends = [*(step.at for step in begun[1:]), run.completed or now]
    rows = [
        Step(
            name=step_name(step.name),
            line=step.line + 1,
            length=max(end - step.at, timedelta(0)),
            usual=None,
            state=state_of_run(run) if step is begun[-1] else "succeeded",
        )
        for step, end in zip(begun, ends, strict=False)
    ]
    coming = (steps_to_come(run, history) or []) if is_live else []
    rows += [Step(name=step_name(one.name), line=None, length=None, usual=one.usual, state="queued") for one in coming]
    if len(rows) < 2:
        return None
    return Steps(rows=rows, place=f"{len(begun)} of {len(rows)}" if coming else str(len(rows)))


def step_name(grouping: str) -> str:
    """A grouping as a heading: "test_reach_hosts" becomes "Test reach hosts"."""
    return grouping.replace("_", " ").strip().capitalize() or "Run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProgress:
    """How far a run is."""

    percent: int | None
    text: str
    counts: str
    left: str
    is_long: bool


def progress_of(run: JobResult, *, history: History, now: datetime) -> ShownProgress:
    """What the job says of itself, and what is likely to be left of it."""
    done, total = run.progress_done, run.progress_total
    percent = min(100, max(0, round(100 * done / total))) if done is not None and total else None
    counts = f"{done:g} of {total:g}" if done is not None and total else f"{done:g}" if done is not None else ""
    left = None if run.cancel_requested_at else time_left(run, history, now=now)
    return ShownProgress(
        percent=percent,
        text=run.progress_text,
        counts="" if total and run.progress_text and _names_total(run.progress_text, total) else counts,
        left=duration(max(left, timedelta(seconds=1)), exact=False) if left is not None else "",
        is_long=is_long(run, history, now=now),
    )


def _names_total(text: str, total: float) -> bool:
    """Whether the job's own words count already."""
    return re.search(rf"(?<![\d.,]){re.escape(f'{total:g}')}(?![\d.,]*\d)", text.replace(",", "")) is not None

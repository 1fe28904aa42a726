"""The dry run of a review: how it ended, its last lines with every warning, and what it says a run would change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from foureyes.approvals.trials import Trial
from foureyes.models import JobLogEntry, JobResult, RunChange
from foureyes.runs.queries import may_view_run
from foureyes.users.answers import RowsOf
from foureyes.users.models import User
from foureyes.web.approvals.inputs import value_html
from foureyes.web.inputs import value_text
from foureyes.web.names import Names
from foureyes.web.source_text import spelled
from foureyes.web.states import state_of_run
from foureyes.web.times import duration
from foureyes.web.wording import marked

LAST_LINES = 20
PINNED = 20  # warnings and failures that came before those
CHANGES = 200
LEVELS = {
    "default": ("DEBUG", "dbg"),
    "info": ("INFO", ""),
    "success": ("OK", ""),
    "warning": ("WARN", "w"),
    "failure": ("FAIL", "e"),
}
LINE = ("sequence", "created", "log_level", "message")
CHANGE = ("target", "before", "after", "summary")
LOUD = [JobLogEntry.Level.WARNING, JobLogEntry.Level.FAILURE]
UNENDED = (JobResult.Status.PENDING, JobResult.Status.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log."""

    number: int
    at: str
    level: str
    css: str
    html: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """One change that the job reported."""

    target: SafeString
    before: SafeString
    after: SafeString
    summary: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The newest dry run that says something about the request."""

    run: JobResult
    state: str
    who: str
    took: timedelta | None
    stale: str  # why it is not one of exactly this; empty: it is
    visible: bool
    url: str
    pinned: list[LogLine] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)
    changes: list[ChangeRow] = field(default_factory=list)
    more_changes: bool = False
    targets: int = 0

    @property
    def is_going_on(self) -> bool:
        """It has not ended."""
        return self.run.status in UNENDED

    @property
    def took_words(self) -> str:
        """Behind the word of its state: "in 41 s", "for 41 s" as long as it goes on."""
        return f"{'for' if self.is_going_on else 'in'} {duration(self.took)}" if self.took is not None else ""

    @property
    def earlier_lines(self) -> int:
        """How many lines are not shown."""
        return max(self.run.log_count - len(self.lines) - len(self.pinned), 0)


def dry_run_of(
    trials: Sequence[Trial], *, told: Mapping[str, Any], user: User, names: Names, now: datetime
) -> DryRun | None:
    """The one that says most, as it is shown to this person. `told`: the answers to `questions_of_trial`."""
    trial = telling(trials)
    return _shown(trial, told, user, names, now) if trial else None


def questions_of_trial(trials: Sequence[Trial]) -> dict[str, RowsOf]:
    """Of that one: the last lines, warnings and failures, and changes; for `users.answers`."""
    trial = telling(trials)
    if trial is None:
        return {}
    lines = JobLogEntry.objects.filter(job_result=trial.run.pk).order_by("-sequence")
    changes = RunChange.objects.filter(job_result=trial.run.pk).order_by("sequence")
    return {
        "lines": RowsOf(lines[:LAST_LINES], *LINE),
        "loud": RowsOf(lines.filter(log_level__in=LOUD)[: LAST_LINES + PINNED], *LINE),
        "changes": RowsOf(changes[: CHANGES + 1], *CHANGE),
    }


def telling(trials: Sequence[Trial]) -> Trial | None:
    """The newest one of exactly this; without one the newest of the same schedule, which is stale."""
    return next(iter([*(one for one in trials if not one.differs), *trials]), None)


def run_url(key: UUID) -> str:
    """The page of a run."""
    return reverse("web:result", args=[key])


def _shown(trial: Trial, told: Mapping[str, Any], user: User, names: Names, now: datetime) -> DryRun:
    run = trial.run
    visible = may_view_run(user, run)
    took = (run.completed or now) - run.started_at if run.started_at else None
    shown: dict[str, Any] = {}
    if visible:
        changes = [RunChange(**dict(zip(CHANGE, row, strict=True))) for row in told["changes"]]
        shown = _log(told) | {
            "changes": [_change(one) for one in changes[:CHANGES]],
            "more_changes": len(changes) > CHANGES,
            "targets": len({one.target for one in changes}),
            "url": run_url(run.pk),
        }
    return DryRun(
        run=run,
        state=state_of_run(run),
        who=names.of(run.user_id, run.user.called if run.user else run.user_name),
        took=took,
        stale=_stale(trial),
        visible=visible,
        **{"url": "", **shown},
    )


def _stale(trial: Trial) -> str:
    if not trial.differs:
        return ""
    return f"It tried {' and '.join(f'other {part}' for part in trial.differs)}, and not exactly this."


def _log(told: Mapping[str, Any]) -> dict[str, Any]:
    """The last lines, and before them the warnings and failures that would be out of sight."""
    last, loud = (
        [JobLogEntry(**dict(zip(LINE, row, strict=True))) for row in reversed(told[name])] for name in ("lines", "loud")
    )
    out_of_sight = [one for one in loud if one.sequence < last[0].sequence][-PINNED:]
    return {"lines": [_line(one) for one in last], "pinned": [_line(one) for one in out_of_sight]}


def _line(entry: JobLogEntry) -> LogLine:
    word, css = LEVELS[entry.log_level]
    return LogLine(
        number=entry.sequence + 1,
        at=f"{timezone.localtime(entry.created):%H:%M:%S}",
        level=word,
        css=css,
        html=spelled(entry.message),
    )


def _change(row: RunChange) -> ChangeRow:
    before, after = value_html(row.before), value_html(row.after)
    if row.before not in (None, "") and row.after not in (None, "") and row.before != row.after:
        before, after = marked(value_text(row.before, on_lines=True), value_text(row.after, on_lines=True))
    return ChangeRow(target=spelled(row.target), before=before, after=after, summary=spelled(row.summary))

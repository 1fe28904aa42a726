"""Ends a run, or sends it back to wait for its next attempt."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction

from foureyes.events import append_many
from foureyes.models import Event, JobResult
from foureyes.runs import doorbell
from foureyes.runs.facts import end_fact
from foureyes.runs.lifecycle import Happening, move
from foureyes.runs.masking import Masker
from foureyes.runs.record import report_columns, write_report
from foureyes.runs.reports import INITIALIZATION, Level, LogLine, Report
from foureyes.runs.statements import delete_input_files
from foureyes.runs.watchers import tell_watchers

Cause = JobResult.Cause
NO_PROGRESS: dict[str, Any] = {
    "progress_done": None,
    "progress_total": None,
    "progress_text": "",
    "progress_began_at": None,
    "progress_began_with": None,
}
RETRIED = frozenset({Cause.EXCEPTION, Cause.PROCESS_DIED, Cause.WORKER_LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended. `cause` is empty when it completed."""

    happening: Happening
    cause: JobResult.Cause | None = None
    data: dict[str, Any] | None = None
    returned: list[Any] | None = None


def finish(*, run: JobResult, outcome: Outcome, report: Report, masker: Masker, now: datetime) -> JobResult:
    """End a running run: last report, final state and fact in one commit.

    Where the job asks for retries and the cause is one that another attempt may cure, the run waits for that instead.
    Refuses with a Conflict, writing nothing, if the run was taken from its worker.
    """
    with transaction.atomic():
        append_many(write_ends(ends=[End(run=run, outcome=outcome, report=report, masker=masker)], now=now))
    return run


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The arguments of `finish` for one of several runs."""

    run: JobResult
    outcome: Outcome
    report: Report
    masker: Masker


def write_ends(*, ends: Sequence[End], now: datetime) -> list[Event]:
    """`finish` for each, in the transaction of the caller, who appends the facts."""
    somebody_may_start = False
    for end in ends:
        somebody_may_start |= end.run.concurrency_slot is not None  # one that waited for a free place of its job
        if _goes_again(end.run, end.outcome):
            _send_back(end.run, end.report, end.masker, now)
            somebody_may_start = True
        else:
            _end(end.run, end.outcome, end.report, end.masker, now)
    transaction.on_commit(partial(tell_watchers, *(end.run.pk for end in ends)))
    if somebody_may_start:
        transaction.on_commit(doorbell.ring)
    return [end_fact(run=end.run, at=now) for end in ends]


def _end(run: JobResult, outcome: Outcome, report: Report, masker: Masker, now: datetime) -> None:
    write_report(run=run, report=report, masker=masker, now=now)
    delete_input_files(run_id=run.pk)
    move(
        run=run,
        happening=outcome.happening,
        cause=outcome.cause or "",
        data=masker.json(outcome.data),
        returned=json.dumps(masker.json(outcome.returned)) if outcome.returned else "",
        completed=now,
        sealed_inputs=None,
        **_released(run, report, masker, now),
    )


def _send_back(run: JobResult, report: Report, masker: Masker, now: datetime) -> None:
    delay = timedelta(seconds=run.retry_delay_seconds)
    report = replace(report, lines=[*report.lines, _retry_line(run, now)])
    write_report(run=run, report=report, masker=masker, now=now)
    columns = {**_released(run, report, masker, now), **NO_PROGRESS}
    move(run=run, happening=Happening.RETRY, available_at=now + delay, worker=None, **columns)


def _released(run: JobResult, report: Report, masker: Masker, now: datetime) -> dict[str, Any]:
    columns = report_columns(run=run, report=report, masker=masker, now=now)
    return {**columns, "lease_until": None, "concurrency_slot": None}


def _goes_again(run: JobResult, outcome: Outcome) -> bool:
    if outcome.cause not in RETRIED or run.attempt > run.max_retries:
        return False
    return not JobResult.objects.filter(pk=run.pk, cancel_requested_at__isnull=False).exists()


def _retry_line(run: JobResult, now: datetime) -> LogLine:
    delay = f" in {run.retry_delay_seconds:g} seconds" if run.retry_delay_seconds else ""
    return LogLine(
        at=now,
        level=Level.WARNING,
        grouping=INITIALIZATION,
        message=f"The run starts again{delay} (attempt {run.attempt + 1} of {run.max_retries + 1}).",
    )

"""Writes log lines and changes of a run, in their order, masked and within the lengths of the columns."""

from collections.abc import Iterator, Sequence
from typing import Any

from foureyes.models import JobLogEntry, JobResult, RunChange
from foureyes.runs import statements
from foureyes.runs.masking import Masker
from foureyes.runs.reports import Change, LogLine
from foureyes.users.ids import uuid7

GROUPING_LENGTH = 100
OBJECT_LENGTH = 200
URL_LENGTH = 255


def write_lines(*, run: JobResult, lines: Sequence[LogLine], masker: Masker) -> None:
    """Insert lines behind those that `run.log_count` counts. The caller moves the count, in the same transaction."""
    if lines:
        statements.insert_log_lines(_rows(run, lines, masker))


def write_changes(*, run: JobResult, changes: Sequence[Change], masker: Masker) -> None:
    """Insert changes behind those that the run has."""
    if not changes:
        return
    first = RunChange.objects.filter(job_result=run).count()
    RunChange.objects.bulk_create(
        RunChange(
            job_result=run,
            sequence=sequence,
            created=change.at,
            target=masker.text(change.target),
            before=masker.json(change.before),
            after=masker.json(change.after),
            summary=masker.text(change.summary),
        )
        for sequence, change in enumerate(changes, first)
    )


def _rows(run: JobResult, lines: Sequence[LogLine], masker: Masker) -> Iterator[tuple[Any, ...]]:
    run_id = statements.stored_id(run.pk)
    for sequence, line in enumerate(lines, run.log_count):
        yield (
            statements.stored_id(uuid7()),
            run_id,
            sequence,
            statements.stored_instant(line.at),
            JobLogEntry.Level(line.level).value,
            masker.text(line.grouping)[:GROUPING_LENGTH],
            masker.text(line.message),
            masker.text(line.object)[:OBJECT_LENGTH] if line.object is not None else None,
            masker.text(line.url)[:URL_LENGTH] if line.url is not None else None,
        )

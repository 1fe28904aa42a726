"""Stores what a run reported while it runs."""

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from foureyes.models import JobResult
from foureyes.runs import files, logs, objects
from foureyes.runs.lifecycle import Status, moved_on
from foureyes.runs.masking import Masker
from foureyes.runs.reports import Report
from foureyes.runs.statements import update_run
from foureyes.runs.summary import summed
from foureyes.runs.watchers import tell_watchers

PROGRESS_LENGTH = 200


def record(*, run: JobResult, report: Report, masker: Masker, now: datetime) -> None:
    """Store a report in one commit. Refuses with a Conflict, storing nothing, if the run was taken from its worker."""
    with transaction.atomic():
        columns = report_columns(run=run, report=report, masker=masker, now=now)
        if not update_run(
            run_id=run.pk, worker_id=run.worker_id, attempt=run.attempt, statuses=[Status.RUNNING], columns=columns
        ):
            raise moved_on(run)
        write_report(run=run, report=report, masker=masker, now=now)
        transaction.on_commit(partial(tell_watchers, run.pk))
    for name, value in columns.items():
        setattr(run, name, value)


def write_report(*, run: JobResult, report: Report, masker: Masker, now: datetime) -> None:
    """Insert the rows of a report, in the transaction of the caller."""
    logs.write_lines(run=run, lines=report.lines, masker=masker)
    logs.write_changes(run=run, changes=report.changes, masker=masker)
    objects.write_objects(run=run, changed=report.objects, masker=masker, now=now)
    files.write_files(run=run, made=report.files, masker=masker, now=now)


def report_columns(*, run: JobResult, report: Report, masker: Masker, now: datetime) -> dict[str, Any]:
    """The columns of the run that a report moves."""
    columns: dict[str, Any] = {"log_count": run.log_count + len(report.lines)}
    if report.lines:
        columns["log_summary"] = summed(run.log_summary, report.lines, first=run.log_count, masker=masker)
        columns["first_failure"] = columns["log_summary"]["first_failure"]
    if report.progress:
        columns |= {
            "progress_done": report.progress.done,
            "progress_total": report.progress.total,
            "progress_text": masker.text(report.progress.text)[:PROGRESS_LENGTH],
        }
        if run.progress_began_at is None or report.progress.done < (run.progress_done or 0):
            # The first that is told, or the job counts anew. How fast it goes on is measured from here.
            columns |= {"progress_began_at": now, "progress_began_with": report.progress.done}
    return columns

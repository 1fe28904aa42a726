"""Deletes runs, with their logs, changes and files. Runs of gated jobs are evidence: they are hidden instead (G28)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from foureyes.errors import Conflict
from foureyes.events import Kind, append_many
from foureyes.models import JobLogEntry, JobResult, RunChange
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.facts import run_fact
from foureyes.runs.lifecycle import LIVE, Status
from foureyes.runs.reports import MOST_ROWS
from foureyes.users.models import User


def delete_runs(*, runs: Sequence[JobResult], by: User, now: datetime) -> int:
    """Delete or hide runs, all or none; gives how many. One that waits is deleted too and will not run.

    Refuses as a Conflict when one of them is running, or waits and is of a gated job.
    """
    chosen = JobResult.objects.filter(pk__in=[run.pk for run in runs])
    _demand_none_busy(chosen)
    _thin_out([run.pk for run in chosen.filter(gated=False)])
    with transaction.atomic():
        found = list(chosen.select_for_update().order_by("pk"))
        _demand_none_busy(chosen)
        append_many(
            [
                run_fact(
                    kind=Kind.RUN_HIDDEN if run.gated else Kind.RUN_DELETED,
                    run=run,
                    at=now,
                    actor=by,
                    status=run.status,
                )
                for run in found
            ]
        )
        chosen.filter(gated=True).update(hidden_at=now)
        chosen.filter(gated=False).delete()
    return len(found)


def _demand_none_busy(runs: JobResultQuerySet) -> None:
    if runs.filter(status=Status.RUNNING).exists() or runs.filter(status__in=LIVE, gated=True).exists():
        raise Conflict("A run that has not ended cannot be deleted. Cancel it first.", code="run_not_ended")


def _thin_out(ids: Sequence[UUID]) -> None:
    """Long logs go in commits of their own before: a million rows in one would keep every other writer waiting."""
    for model in (JobLogEntry, RunChange):
        rows = model._default_manager.filter(job_result__in=ids)
        while len(some := list(rows.values_list("pk", flat=True)[:MOST_ROWS])) == MOST_ROWS:
            model._default_manager.filter(pk__in=some).delete()

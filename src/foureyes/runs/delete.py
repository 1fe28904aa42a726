"""Deletes runs, with their logs, changes and files."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from foureyes.errors import Conflict
from foureyes.events import Kind, append_many
from foureyes.models import JobLogEntry, JobResult, RunChange
from foureyes.runs.facts import run_fact
from foureyes.runs.lifecycle import Status
from foureyes.runs.reports import MOST_ROWS
from foureyes.users.models import User


def delete_results(*, results: Sequence[JobResult], by: User, now: datetime) -> int:
    """Delete runs, all or none; one that waits will not run. Refuses as a Conflict when one of them is running."""
    ids = [run.pk for run in results]
    _demand_none_running(ids)
    _thin_out(ids)
    with transaction.atomic():
        found = list(JobResult.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
        _demand_none_running(ids)
        append_many([run_fact(kind=Kind.RUN_DELETED, run=run, at=now, actor=by, status=run.status) for run in found])
        JobResult.objects.filter(pk__in=ids).delete()
    return len(found)


def _demand_none_running(ids: Sequence[UUID]) -> None:
    if JobResult.objects.filter(pk__in=ids, status=Status.RUNNING).exists():
        raise Conflict("A run that is running cannot be deleted. Cancel it first.", code="run_is_running")


def _thin_out(ids: Sequence[UUID]) -> None:
    """Long logs go in commits of their own before: a million rows in one would keep every other writer waiting."""
    for model in (JobLogEntry, RunChange):
        rows = model._default_manager.filter(job_result__in=ids)
        while len(some := list(rows.values_list("pk", flat=True)[:MOST_ROWS])) == MOST_ROWS:
            model._default_manager.filter(pk__in=some).delete()

"""Ends runs whose worker fell silent."""

from datetime import datetime

from foureyes.errors import Conflict
from foureyes.models import JobResult
from foureyes.runs.finish import Cause, Outcome, finish
from foureyes.runs.lifecycle import Happening
from foureyes.runs.masking import Masker
from foureyes.runs.reports import INITIALIZATION, Level, LogLine, Report

MOST_AT_ONCE = 100


def reap(*, now: datetime) -> int:
    """End every run whose lease is over, or send it back where its job asks for retries; gives how many."""
    lost = JobResult.objects.lost(now).order_by("lease_until", "id").values_list("id", flat=True)[:MOST_AT_ONCE]
    # Asked all the time and hardly ever answered: what a run is, is read only then.
    return sum(_reap_one(run, now) for run in JobResult.objects.filter(id__in=list(lost)).order_by("lease_until", "id"))


def _reap_one(run: JobResult, now: datetime) -> bool:
    worker = run.worker.name if run.worker else "unknown"
    line = LogLine(
        at=now,
        level=Level.FAILURE,
        grouping=INITIALIZATION,
        message=f"Worker lost: {worker} has not been heard of since it ran this job.",
    )
    outcome = Outcome(happening=Happening.ERROR, cause=Cause.WORKER_LOST, data={"output": ""})
    try:
        finish(run=run, outcome=outcome, report=Report(lines=[line]), masker=Masker(), now=now)
    except Conflict:  # it ended or was renewed at this moment
        return False
    return True

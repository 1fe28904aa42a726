"""Ends the runs that had not ended when a backup was made: they may have run since, and nothing runs twice."""

from datetime import datetime

from foureyes.models import JobResult
from foureyes.runs.finish import Cause, Outcome, finish
from foureyes.runs.lifecycle import LIVE, Happening
from foureyes.runs.masking import Masker
from foureyes.runs.reports import INITIALIZATION, Level, LogLine, Report

ENDED = "Ended by a restore: the backup was made before the run had ended, so it may have run since."


def end_unfinished(*, now: datetime) -> int:
    """End every run that waits or runs, without another attempt; gives how many there were."""
    found = list(JobResult.objects.filter(status__in=LIVE).order_by("id"))
    for run in found:
        line = LogLine(at=now, level=Level.FAILURE, grouping=INITIALIZATION, message=ENDED)
        outcome = Outcome(happening=Happening.ERROR, cause=Cause.CANCELLED, data={"output": ""})
        finish(run=run, outcome=outcome, report=Report(lines=[line]), masker=Masker(), now=now)
    return len(found)

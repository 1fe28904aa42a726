"""What hooks started because of a run, and the run because of which one started."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foureyes.models import JobResult
from foureyes.runs.queries import run_behind, runs_because_of
from foureyes.users.models import User
from foureyes.web.results.presenters import RunRow, run_rows

FIRST = 10
HOOKS_ARE_STARTED_WITHIN = timedelta(seconds=15)  # of the end, usually much sooner


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """The newest of them. `may_grow`: the run has ended a moment ago, and hooks may be about to start."""

    rows: list[RunRow]
    more: bool
    may_grow: bool


def after_of(run: JobResult, *, user: User, now: datetime) -> After:
    """As far as the person may view it. Of hooks nothing starts that is because of a run of a hook."""
    found = list(runs_because_of(run, user=user).light().select_related("job_model").newest_first()[: FIRST + 1])
    return After(
        rows=list(run_rows(found[:FIRST], deciders={}, now=now)),
        more=len(found) > FIRST,
        may_grow=run.completed is not None and now - run.completed < HOOKS_ARE_STARTED_WITHIN,
    )


def behind(run: JobResult, *, user: User, now: datetime) -> RunRow | None:
    """The run because of which this one started, if the person may view it."""
    found = run_behind(run, user=user)
    return next(run_rows([found], deciders={}, now=now)) if found else None

"""The states of runs and workers and the legal moves between them. They are written here and nowhere else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from foureyes.errors import Conflict
from foureyes.models import JobResult, Worker
from foureyes.runs.statements import update_run

Status = JobResult.Status
LIVE = frozenset({Status.PENDING, Status.RUNNING})
ENDED = frozenset({Status.COMPLETED, Status.FAILED, Status.ERRORED})


class Happening(StrEnum):
    """What can happen to a run."""

    CLAIM = "claim"  # a worker takes it
    RETRY = "retry"  # it went wrong and waits for its next attempt
    COMPLETE = "complete"  # the job returned
    FAIL = "fail"  # the job returned and had reported a failure
    ERROR = "error"  # an exception, a limit, a loss, a refusal or a cancellation


@dataclass(frozen=True, slots=True)
class Move:
    """From which states something may happen, and the state after it."""

    sources: frozenset[JobResult.Status]
    target: JobResult.Status


MOVES: Mapping[Happening, Move] = {
    Happening.CLAIM: Move(frozenset({Status.PENDING}), Status.RUNNING),
    Happening.RETRY: Move(frozenset({Status.RUNNING}), Status.PENDING),
    Happening.COMPLETE: Move(frozenset({Status.RUNNING}), Status.COMPLETED),
    Happening.FAIL: Move(frozenset({Status.RUNNING}), Status.FAILED),
    Happening.ERROR: Move(LIVE, Status.ERRORED),
}


def move(*, run: JobResult, happening: Happening, **columns: object) -> None:
    """Move one run and set `columns` with it, if the row is still as it was read; refuses with a Conflict otherwise.

    The row counts as unchanged while worker and attempt are the ones of `run`: a worker whose lease was taken writes
    nothing. Afterwards `run` has the new values.
    """
    to = MOVES[happening]
    written = {"status": to.target.value, **columns}
    if not update_run(
        run_id=run.pk, worker_id=run.worker_id, attempt=run.attempt, statuses=to.sources, columns=written
    ):
        raise moved_on(run)
    run.status = to.target
    for name, value in columns.items():
        setattr(run, name, value)


def moved_on(run: JobResult) -> Conflict:
    """Somebody else ended the run or took it over in the meantime."""
    return Conflict(f"The run {run.pk} has moved on in the meantime.", code="run_moved_on")


class Switch(StrEnum):
    """What can happen to a worker."""

    DRAIN = "drain"  # it takes no new runs
    RESUME = "resume"
    LEAVE = "leave"  # its process ends


@dataclass(frozen=True, slots=True)
class WorkerMove:
    """From which states something may happen, and the state after it."""

    sources: frozenset[Worker.State]
    target: Worker.State


SWITCHES: Mapping[Switch, WorkerMove] = {
    Switch.DRAIN: WorkerMove(frozenset({Worker.State.RUNNING}), Worker.State.DRAINING),
    Switch.RESUME: WorkerMove(frozenset({Worker.State.DRAINING}), Worker.State.RUNNING),
    Switch.LEAVE: WorkerMove(frozenset({Worker.State.RUNNING, Worker.State.DRAINING}), Worker.State.STOPPED),
}


def switch(*, worker: Worker, what: Switch) -> bool:
    """Move a worker if its state allows it; says whether it moved. `worker` has the state of the row afterwards."""
    to = SWITCHES[what]
    moved = Worker.objects.filter(pk=worker.pk, state__in=to.sources).update(state=to.target)
    worker.refresh_from_db(fields=["state"])
    return moved == 1

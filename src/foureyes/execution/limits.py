"""When a run has to end: soft limit, hard limit, the grace of a cancelled one; and what its log says then.

Durations are read off a stopwatch, so a clock that is set does not end a run.
"""

from dataclasses import dataclass
from enum import Enum

from foureyes.models import JobResult


class Measure(Enum):
    """What is to be done to a run."""

    SOFT = "soft"  # raise inside the job
    CANCEL = "cancel"  # raise inside the job, and tell its processes
    KILL = "kill"


class Why(Enum):
    """Why a run was ended from outside."""

    HARD_LIMIT = "hard_limit"
    CANCELLED = "cancelled"
    STOPPED = "stopped"  # the worker itself is ending


@dataclass(slots=True)
class Limits:
    """The stopwatch of one run. `why` says why it is being ended, once it is."""

    soft_at: float | None
    hard_at: float
    grace_seconds: float
    why: Why | None = None
    kill_at: float | None = None

    @classmethod
    def of(cls, run: JobResult, *, grace_seconds: float, tick: float) -> "Limits":
        """The limits frozen on the run, from now on. A soft limit that could not come first does not come."""
        soft_first = run.soft_limit_seconds < run.time_limit_seconds
        return cls(
            soft_at=tick + run.soft_limit_seconds if soft_first else None,
            hard_at=tick + run.time_limit_seconds,
            grace_seconds=grace_seconds,
        )

    def end(self, why: Why, *, tick: float) -> Measure | None:
        """End it with grace; says what to do, or nothing if it is being ended already."""
        if self.why:
            return None
        self.why, self.kill_at, self.soft_at = why, tick + self.grace_seconds, None
        return Measure.CANCEL

    def due(self, tick: float) -> Measure | None:
        """What is to be done now. Each measure comes once."""
        if self.kill_at is not None and tick >= self.kill_at:
            self.kill_at, self.hard_at = None, float("inf")
            return Measure.KILL
        if tick >= self.hard_at:
            self.why = self.why or Why.HARD_LIMIT
            self.soft_at, self.kill_at, self.hard_at = None, None, float("inf")
            return Measure.KILL
        if self.soft_at is not None and tick >= self.soft_at:
            self.soft_at = None
            return Measure.SOFT
        return None

    @property
    def next_at(self) -> float:
        """The stopwatch at the next measure."""
        return min(at for at in (self.soft_at, self.kill_at, self.hard_at) if at is not None)


def warning_about(run: JobResult) -> str | None:
    """What to tell an author whose soft limit can never come, or None."""
    if run.time_limit_seconds > run.soft_limit_seconds:
        return None
    return (
        f"The time limit of {run.time_limit_seconds:g} seconds is not longer than the soft time limit of "
        f"{run.soft_limit_seconds:g} seconds: the job will be killed without a chance to clean up."
    )


def kill_text(run: JobResult, why: Why | None, grace_seconds: float) -> str:
    """The log line of a kill."""
    if why is Why.HARD_LIMIT:
        return f"The job was killed because it ran longer than its time limit of {run.time_limit_seconds:g} seconds."
    return f"The job did not stop within {grace_seconds:g} seconds and was killed."


def end_text(run: JobResult, why: Why) -> str:
    """The log line that says that a run is being ended."""
    if why is Why.CANCELLED:
        return f"Cancelled by {run.cancelled_by_name or 'somebody'}."
    return "The worker is being stopped, and this run with it."

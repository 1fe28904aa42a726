"""How a run ended: from the result that its process sent, if it came to that, and from how the process died."""

import signal
from typing import Any

from foureyes.execution.limits import Why
from foureyes.models import JobResult
from foureyes.runs.finish import Outcome
from foureyes.runs.lifecycle import Happening
from foureyes.sandbox.protocol import Result

Cause = JobResult.Cause
NO_DATA: dict[str, Any] = {"output": ""}

OF_RESULT = {
    "": None,
    "exception": Cause.EXCEPTION,
    "soft_limit": Cause.SOFT_LIMIT,
    "cancelled": Cause.CANCELLED,
    "source": Cause.SOURCE,
}
OF_END = {Why.HARD_LIMIT: Cause.HARD_LIMIT, Why.CANCELLED: Cause.CANCELLED, Why.STOPPED: Cause.WORKER_LOST}


def errored(cause: JobResult.Cause) -> Outcome:
    """An end without a result."""
    return Outcome(happening=Happening.ERROR, cause=cause, data=NO_DATA)


def outcome_of(result: Result | None, why: Why | None) -> Outcome:
    """A result counts whatever came after it: the job's work was done by then."""
    if result is None:
        return errored(OF_END[why] if why else Cause.PROCESS_DIED)
    match result.outcome:
        case "completed":
            return Outcome(happening=Happening.COMPLETE, data=result.data, returned=result.returned)
        case "failed":
            return Outcome(happening=Happening.FAIL, cause=Cause.JOB_FAILED, data=result.data, returned=result.returned)
    cause = OF_RESULT[result.cause] or Cause.EXCEPTION
    if cause is Cause.CANCELLED and why is not None:
        cause = OF_END[why]
    return Outcome(happening=Happening.ERROR, cause=cause, data=result.data, returned=result.returned)


def death_text(status: int | None) -> str:
    """The log line of a process that died without a result."""
    if status is None:
        return "The job's process died together with the process that starts jobs."
    if status >= 0:
        return f"The job's process died (exit code {status})."
    try:
        return f"The job's process died (exit code {status}): ended by {signal.Signals(-status).name}."
    except ValueError:
        return f"The job's process died (exit code {status}): ended by signal {-status}."

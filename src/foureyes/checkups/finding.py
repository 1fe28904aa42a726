"""One thing that was looked at, as a sentence with a hint."""

from dataclasses import dataclass
from typing import Literal

from foureyes.errors import Refusal

Level = Literal["ok", "warning", "error"]

# What to do about a refusal, by its code; the sentence itself tells what is wrong.
HINTS = {
    "job_not_enabled": "Whoever may change it enables it with `foureyes jobs enable`.",
    "job_not_installed": "Its class is not in the jobs folder any more; put the file back, and it is found again.",
    "job_not_loadable": "Mend its file; it is read again at once.",
    "job_sensitive": "Take has_sensitive_variables away from it if its inputs may be stored and shown.",
    "job_sensitive_and_gated": "Lower one of the two flags, in its source or with `foureyes jobs edit`.",
    "job_is_receiver": "It runs when an object changes that one of its job hooks watches.",
    "job_database_not_allowed": "Set FOUREYES_ALLOW_DATABASE_JOBS, or let the job do without the database.",
    "no_worker_on_queue": "Start a worker for the queue, or resume a drained one with `foureyes workers resume`.",
    "request_outdated": "Wait a moment for the new request, and decide about that.",
    "own_request": "Ask somebody else to decide.",
    "past_due": "Approve it with force to run it at once, or suggest another time.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `error`: because of it, something does not work or does not run."""

    level: Level
    code: str
    text: str
    hint: str = ""

    @classmethod
    def of(cls, refusal: Refusal, *, level: Level = "error") -> "Finding":
        """What a refusal says, with what to do about it."""
        return cls(level=level, code=refusal.code, text=refusal.message, hint=HINTS.get(refusal.code, ""))


def good(code: str, text: str) -> Finding:
    """Nothing is wrong with it."""
    return Finding(level="ok", code=code, text=text)


def warning(code: str, text: str, hint: str = "") -> Finding:
    """It works, and somebody should look at it."""
    return Finding(level="warning", code=code, text=text, hint=hint)


def error(code: str, text: str, hint: str = "") -> Finding:
    """It does not work."""
    return Finding(level="error", code=code, text=text, hint=hint)

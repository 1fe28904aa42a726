"""The terms of a request: how long it waits for a decision, and whether its requester is told how it ended.

The requester chooses them, within what the installation allows: it ends at the earliest of all limits, so a request
can only end sooner than the installation lets it wait. They are no part of what is approved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foureyes.conf import get_conf
from foureyes.errors import Invalid
from foureyes.models import ApprovalRequest, ScheduledJob

LEAST_SECONDS = 60
MOST_SECONDS = 10 * 366 * 86_400
NO_START = "A run at once has no start to wait for: give a length of time, or let it wait."


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a requester says of the time before a decision."""

    decide_within_seconds: int | None = None  # None: as long as the installation lets it wait
    decide_before_start: bool = False  # it ends when what it asks for would first run
    tell_requester: bool = True


AS_USUAL = Terms()


def demand_terms(terms: Terms, *, at_once: bool) -> None:
    """Refuses a length of time that is none or is longer than the installation's, and a start where there is none."""
    wrong = {}
    if refused := _wrong_length(terms.decide_within_seconds):
        wrong["decide_within_seconds"] = [refused]
    if terms.decide_before_start and at_once:
        wrong["decide_before_start"] = [NO_START]
    if wrong:
        raise Invalid(fields=wrong, code="invalid_terms")


def kept_terms(before: ApprovalRequest | None) -> Terms:
    """Those of the request that is replaced; without one, as usual."""
    if before is None:
        return AS_USUAL
    return Terms(
        decide_within_seconds=before.decide_within_seconds,
        decide_before_start=before.decide_before_start,
        tell_requester=before.tells_id is not None,
    )


def end_of(terms: Terms, schedule: ScheduledJob | None, *, now: datetime) -> datetime | None:
    """When a request that is made now ends by itself; None: never."""
    lifetime, start = _lifetime(), first_start(schedule) if terms.decide_before_start else None
    lengths = [seconds for seconds in (lifetime, terms.decide_within_seconds) if seconds is not None]
    return min([*(now + timedelta(seconds=seconds) for seconds in lengths), *([start] if start else [])], default=None)


def first_start(schedule: ScheduledJob | None) -> datetime | None:
    """When it runs next, or would; None for what is to run at once, and when nothing is left."""
    if schedule is None or schedule.interval == ScheduledJob.Interval.IMMEDIATELY:
        return None
    return schedule.start_time if schedule.one_off else schedule.next_run_at


def longest_seconds() -> int:
    """The longest time that a requester may let a request wait."""
    return _lifetime() or MOST_SECONDS


def _lifetime() -> int | None:
    days = get_conf().request_lifetime_days
    return days * 86_400 if days else None


def _wrong_length(seconds: int | None) -> str:
    if seconds is None or LEAST_SECONDS <= seconds <= longest_seconds():
        return ""
    days = get_conf().request_lifetime_days
    why = f", because this installation ends requests after {days} day{'' if days == 1 else 's'}" if days else ""
    return f"Give a time from {LEAST_SECONDS} to {longest_seconds()} seconds{why}, or none."

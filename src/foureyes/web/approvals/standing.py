"""When a request runs, whether it is late, and by when it has to be decided: the same on the list and on the review."""

from dataclasses import dataclass
from datetime import datetime

from foureyes.approvals.lateness import late_since
from foureyes.approvals.terms import first_start
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.web.states import state_of_request
from foureyes.web.times import duration

Kind = ApprovalRequest.Kind
SOON_SECONDS = 3600  # less than this is left: the list says it in colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a request stands in time."""

    state: str  # a key of `web.states`
    late_since: datetime | None  # open, and the instant that has passed
    deadline: datetime | None  # open, and undecided after that nothing runs, or it runs late
    late_by: str = ""


def standing_of(request: ApprovalRequest, *, now: datetime) -> Standing:
    """Of a request with its schedule at hand."""
    late = late_since(request, now=now)
    is_open = request.state == ApprovalRequest.State.OPEN
    return Standing(
        state=state_of_request(request, past_due=late is not None),
        late_since=late,
        deadline=_deadline(request) if is_open else None,
        late_by=duration(now - late, exact=False) if late else "",
    )


def is_at_once(request: ApprovalRequest) -> bool:
    """A wish for now: it starts when it is approved."""
    schedule = request.snapshot["content"].get("schedule") or {}
    return schedule.get("interval") == ScheduledJob.Interval.IMMEDIATELY


def next_start(request: ApprovalRequest) -> datetime | None:
    """When it runs next, or would; None for a wish for now, for a gate, and when nothing is left."""
    return None if is_at_once(request) else first_start(request.scheduled_job)


def _deadline(request: ApprovalRequest) -> datetime | None:
    ends = [at for at in (request.expires_at, next_start(request)) if at is not None]
    return min(ends, default=None)

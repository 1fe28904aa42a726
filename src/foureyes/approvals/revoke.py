"""Ends what was asked for or approved. Nothing is deleted: the schedule, its requests and its ledger stay."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import Happening, State, move
from foureyes.approvals.origin import HERE, Origin
from foureyes.approvals.policy import Verdict, demand_rights, refusal_of_token
from foureyes.approvals.reasons import demanded
from foureyes.approvals.request import void_grants
from foureyes.errors import Conflict, Refusal
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Grant, ScheduledJob
from foureyes.runs.cancel import cancel_waiting, runs_waiting
from foureyes.schedules.approved import drop_held
from foureyes.schedules.decisions import REASON_LENGTH
from foureyes.schedules.facts import tell as tell_of_schedule
from foureyes.schedules.ledger import drop_waiting
from foureyes.schedules.lifecycle import OVER
from foureyes.schedules.lifecycle import Happening as Then
from foureyes.schedules.lifecycle import State as ScheduleState
from foureyes.schedules.lifecycle import move as move_schedule
from foureyes.schedules.queries import locked
from foureyes.users.models import User


def revoke(*, schedule: ScheduledJob, by: User, reason: str | None = None, now: datetime) -> ScheduledJob:
    """Take an approval back: the schedule is cancelled and its grant void, what waits in a queue is cancelled too.

    What runs at this moment goes on. Needs the same rights and the same reason as a denial. A schedule that is over
    stays as it is.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        demand_rights(schedule=schedule, by=by, verdict=Verdict.DENY)
        reason = demanded(reason)
        close_request(schedule=schedule, by=by, reason=f"revoked by {by}", now=now)
        if schedule.state not in OVER:
            why = f"revoked by {by}: {reason or 'no reason given'}"
            end_schedule(
                schedule=schedule, pending=Then.CANCEL, kind=Kind.SCHEDULE_CANCELLED, by=by, reason=why, now=now
            )
        else:
            void_grants(schedule=schedule, by=by, reason=f"revoked by {by}", now=now)
        cancel_waiting(schedule=schedule, by=by, now=now)
    return schedule


def revoke_request(
    *, request: ApprovalRequest, by: User, reason: str | None = None, origin: Origin = HERE, now: datetime
) -> ApprovalRequest:
    """Take back what was approved with this request: `revoke`, if what it granted still stands."""
    with transaction.atomic():
        if request.scheduled_job is not None:
            request.scheduled_job = locked(request.scheduled_job)
        schedule = _revocable(request, by, origin)
        revoke(schedule=schedule, by=by, reason=reason, now=now)
    return request


def refusal_to_revoke(
    *, request: ApprovalRequest, by: User, origin: Origin = HERE, left: bool | None = None
) -> Refusal | None:
    """Why this person cannot take it back now; None: `revoke_request` would, as far as the rows at hand tell.

    `left`: whether there are rows of `left_to_revoke`, for whoever has asked already.
    """
    try:
        _revocable(request, by, origin, left)
    except Refusal as refusal:
        return refusal
    return None


def left_to_revoke(request: ApprovalRequest, schedule: ScheduledJob) -> QuerySet[Any]:
    """What this request granted that has effects to come; of a schedule that is over, runs that have not started."""
    if schedule.state in OVER:
        return runs_waiting(schedule).filter(grant__request=request, grant__voided_at=None)
    return Grant.objects.filter(request=request, voided_at=None)


def _revocable(request: ApprovalRequest, by: User, origin: Origin, left: bool | None = None) -> ScheduledJob:
    """The schedule of what can be taken back."""
    if refusal := refusal_of_token(origin):
        raise refusal
    nothing = Conflict(f"Nothing of request {request.number} is left to be taken back.", code="nothing_to_revoke")
    schedule = request.scheduled_job
    if schedule is None:
        raise nothing
    demand_rights(schedule=schedule, by=by, verdict=Verdict.DENY)
    if request.state not in (State.OPEN, State.GRANTED):  # the row at hand may be older than the decision
        raise nothing
    if not (left_to_revoke(request, schedule).exists() if left is None else left):
        raise nothing
    return schedule


def end_schedule(
    *, schedule: ScheduledJob, pending: Then, kind: Kind, by: User | None, reason: str, now: datetime
) -> None:
    """End a locked schedule: one that waits moves by `pending`, one that is live is cancelled; grants are void.

    Its files stay, because they are what was asked for.
    """
    void_grants(schedule=schedule, by=by, reason=reason, now=now)
    if schedule.state in OVER:
        return
    drop_waiting(schedule=schedule, reason=reason[:REASON_LENGTH], now=now)
    drop_held(schedule=schedule, reason=reason[:REASON_LENGTH], now=now)
    waits = schedule.state == ScheduleState.PENDING
    happening = pending if waits else Then.CANCEL
    move_schedule(schedule=schedule, happening=happening, state_reason=reason, next_run_at=None, date_changed=now)
    told = kind if waits else Kind.SCHEDULE_CANCELLED
    tell_of_schedule(kind=told, schedule=schedule, at=now, by=by, reason=reason)


def close_request(*, schedule: ScheduledJob, by: User | None, reason: str, now: datetime) -> None:
    """Withdraw the open request of a schedule, if it has one."""
    request = ApprovalRequest.objects.filter(scheduled_job=schedule.pk, state=State.OPEN).first()
    if request is not None:
        move(request=request, happening=Happening.WITHDRAW, now=now)
        tell(kind=Kind.APPROVAL_WITHDRAWN, request=request, at=now, by=by, reason=reason)

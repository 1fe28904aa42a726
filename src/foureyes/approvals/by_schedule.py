"""The same decisions by schedule, as the 1.x paths name what is decided. Their answers differ where nothing is open."""

from datetime import datetime

from foureyes.approvals.decide import approve, deny, withdraw
from foureyes.approvals.lifecycle import State
from foureyes.approvals.origin import HERE, Origin
from foureyes.approvals.policy import Verdict, demand_rights, is_asker, refusal_of_person, refusal_of_token
from foureyes.approvals.revoke import revoke
from foureyes.models import ApprovalRequest, ScheduledJob
from foureyes.users.models import User


def open_request_of(schedule: ScheduledJob) -> ApprovalRequest | None:
    """What is open about a schedule."""
    rows = ApprovalRequest.objects.filter(scheduled_job=schedule, state=State.OPEN)
    return rows.select_related("job", "scheduled_job").first()


def approve_schedule(
    *, schedule: ScheduledJob, by: User, force: bool = False, origin: Origin = HERE, now: datetime
) -> ScheduledJob:
    """Approve what is open about a schedule. If nothing is, whoever could have approved gets it as it is, unchanged.

    A stamp without a request would be no approval, so none is set.
    """
    request = open_request_of(schedule)
    if request is not None:
        approved = approve(request=request, by=by, force=force, origin=origin, now=now)
        return approved.schedule or schedule
    _demand_approver(schedule, by, origin)
    return schedule


def deny_schedule(
    *, schedule: ScheduledJob, by: User, reason: str | None = None, origin: Origin = HERE, now: datetime
) -> None:
    """Deny what is open; take back what was approved; end what needs no approval. One's own request is withdrawn.

    The person needs the rights of a denial in each of these cases.
    """
    request = open_request_of(schedule)
    if refusal := refusal_of_token(origin):
        raise refusal
    if request is None:
        revoke(schedule=schedule, by=by, reason=reason, now=now)
    elif is_asker(request, by):
        demand_rights(schedule=schedule, by=by, verdict=Verdict.DENY)
        withdraw(request=request, by=by, reason=reason or "", now=now)
    else:
        deny(request=request, by=by, reason=reason, origin=origin, now=now)


def _demand_approver(schedule: ScheduledJob, by: User, origin: Origin) -> None:
    demand_rights(schedule=schedule, by=by, verdict=Verdict.APPROVE)
    last = ApprovalRequest.objects.filter(scheduled_job=schedule).order_by("-number").first()
    if last is not None and (refusal := refusal_of_person(request=last, by=by, verdict=Verdict.APPROVE, origin=origin)):
        raise refusal

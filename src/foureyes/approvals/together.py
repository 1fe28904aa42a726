"""Approving many at once: only where there is nothing to look at that an approver has not been told on one line.

That is low risk, a dry run of exactly this that ended well, and source as it was approved last. Each request is
decided on its own, by `decide.approve` and its checks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from foureyes.approvals.decide import Outcome, approve, has_passed_instants, is_past_due
from foureyes.approvals.known import Known, bring_sources, known_of
from foureyes.approvals.origin import HERE, Origin
from foureyes.approvals.review import content_points
from foureyes.approvals.risk import Level, risk_of
from foureyes.errors import Conflict, Refusal
from foureyes.models import ApprovalRequest
from foureyes.users.models import User


def refusal_to_approve_together(known: Known, *, now: datetime) -> Refusal | None:
    """Why this request has to be approved on its own page; None if it may be one of many."""
    schedule, codes = known.request.scheduled_job, {point.code for point in content_points(known)}
    if schedule is not None and (is_past_due(schedule, now) or has_passed_instants(schedule, now)):
        return _alone("Its time has passed, so somebody has to say what happens now.")
    if "source_same" not in codes:
        return _alone("Its source is not what was approved last.")
    if "dry_run_matching" not in codes:
        return _alone("No dry run of exactly this ended well.")
    level = risk_of(codes).level
    return None if level == Level.LOW else _alone(f"Its risk is {level}.")


def approve_many(
    *,
    requests: Sequence[ApprovalRequest],
    digests: Mapping[UUID, str],
    by: User,
    reason: str = "",
    origin: Origin = HERE,
    now: datetime,
) -> list[Outcome]:
    """Approve many, each on its own: what is refused for one is done for the others.

    `digests` is what the person read of each; one that is missing is as good as another one. Refuses what has to be
    approved alone, and what `approve` refuses.
    """
    known = known_of(requests)
    bring_sources(known.values())
    return [_approve_one(known[one.pk], digests.get(one.pk, ""), by, reason, origin, now) for one in requests]


def _approve_one(known: Known, digest: str, by: User, reason: str, origin: Origin, now: datetime) -> Outcome:
    request = known.request
    try:
        if refusal := refusal_to_approve_together(known, now=now):
            raise refusal
        approve(request=request, by=by, digest=digest, reason=reason, origin=origin, now=now)
    except Refusal as refusal:
        return Outcome(id=request.pk, ok=False, code=refusal.code, message=refusal.message)
    return Outcome(id=request.pk, ok=True)


def _alone(why: str) -> Conflict:
    return Conflict(f"{why} Approve it on its own page.", code="approve_alone")

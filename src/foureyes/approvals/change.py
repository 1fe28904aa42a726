"""What a change of a schedule means for its approval."""

from datetime import datetime

from django.db import transaction

from foureyes.approvals.contributors import Contributor, write_contributors
from foureyes.approvals.lifecycle import State
from foureyes.approvals.request import is_current, open_request, void_grants
from foureyes.errors import Conflict
from foureyes.grants.content import content_of_schedule
from foureyes.grants.validity import refusal_of, standing_grant
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.schedules.fire import take_back
from foureyes.schedules.lifecycle import OVER, Happening, move
from foureyes.schedules.lifecycle import State as ScheduleState
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import job_of
from foureyes.users.models import User


def follow_change(
    *, schedule: ScheduledJob, by: User, reason: str | None = None, now: datetime
) -> ApprovalRequest | None:
    """After a person changed a schedule, in the same transaction: void what was granted and ask for what is there now.

    If the content is the same, nothing is void; the person has contributed to the open request all the same.
    Gives the request that is open afterwards, if there is one.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        if schedule.state in OVER or schedule.job_model is None or not schedule.job_model.gated:
            return None
        job = job_of(schedule)
        current = ApprovalRequest.objects.filter(scheduled_job=schedule, state=State.OPEN).first()
        if current is not None and is_current(current, schedule=schedule, job=job):
            write_contributors(request=current, people={by.pk: Contributor(by.get_username(), ["editor"])}, now=now)
            return current
        if current is None and is_granted(schedule=schedule, job=job, now=now):
            return None
        stop(schedule=schedule, by=by, reason=f"changed by {by}", now=now)
        return open_request(schedule=schedule, by=by, reason=reason, editors=[by], now=now)


def is_granted(*, schedule: ScheduledJob, job: Job, now: datetime) -> bool:
    """Is there a grant that holds now for exactly what the schedule would run?"""
    grant = standing_grant(schedule.pk)
    if grant is None:
        return False
    try:
        content = content_of_schedule(schedule=schedule, job=job)
    except Conflict:
        return False
    return refusal_of(grant, content=content, now=now) is None


def stop(*, schedule: ScheduledJob, by: User | None, reason: str, now: datetime) -> None:
    """Take the grants of a locked schedule back, so that it waits for another approval."""
    void_grants(schedule=schedule, by=by, reason=reason, now=now)
    take_back(schedule, reason, now)
    schedule.approved_by_user, schedule.approved_at = None, None
    if schedule.state == ScheduleState.ACTIVE:
        move(schedule=schedule, happening=Happening.VOID, state_reason=reason)
    if not schedule.approval_required:
        schedule.approval_required = True
        schedule.save(update_fields=["approval_required"])

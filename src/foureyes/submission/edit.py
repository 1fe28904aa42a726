"""Changes of what somebody asked for. Of a gated job's schedule, every change of content asks for approval anew."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes.approvals.change import follow_change
from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import State, already_over
from foureyes.approvals.talk import suggested_changes
from foureyes.errors import Conflict, NotAllowed
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, RequestComment, ScheduledJob
from foureyes.schedules import control
from foureyes.schedules.clone import clone
from foureyes.schedules.edit import edit, revise
from foureyes.schedules.files import demand_there
from foureyes.schedules.plan import Interval, Plan
from foureyes.schedules.refusals import demand, job_of
from foureyes.submission.submit import Submitted, ask
from foureyes.users.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The schedule after a change, and the request that asks for it, if one is needed."""

    schedule: ScheduledJob
    request: ApprovalRequest | None = None


def edit_schedule(
    *, schedule: ScheduledJob, changes: Mapping[str, Any], by: User, reason: str | None = None, now: datetime
) -> Changed:
    """`schedules.edit`, and what it means for approval: another content voids the grant and is asked for anew.

    Whoever edits contributes and cannot decide about it any more (G10). Name and description void nothing.
    """
    with transaction.atomic():
        edited = edit(schedule=schedule, changes=changes, by=by, now=now)
        request = follow_change(schedule=edited, by=by, reason=reason, now=now)
    edited.refresh_from_db()
    return Changed(schedule=edited, request=request)


def take_over_schedule(*, schedule: ScheduledJob, by: User, reason: str | None = None, now: datetime) -> Changed:
    """`schedules.control.take_over`: somebody else asks for it, so what was approved holds no more (G19)."""
    with transaction.atomic():
        taken = control.take_over(schedule=schedule, by=by, now=now)
        request = follow_change(schedule=taken, by=by, reason=reason, now=now)
    taken.refresh_from_db()
    return Changed(schedule=taken, request=request)


def clone_schedule(
    *, schedule: ScheduledJob, by: User, name: str | None = None, reason: str | None = None, now: datetime
) -> Changed:
    """`schedules.clone`: a submission of its own, with an approval of its own (G17)."""
    with transaction.atomic():
        new = clone(schedule=schedule, by=by, name=name, now=now)
        request = follow_change(schedule=new, by=by, reason=reason, now=now)
    return Changed(schedule=new, request=request)


def run_schedule_now(*, schedule: ScheduledJob, by: User, reason: str | None = None, now: datetime) -> Submitted:
    """Run what a schedule runs at once and as oneself, or ask for that if its job is gated (G17)."""
    with transaction.atomic():
        job = job_of(schedule)
        if not job.gated:
            return Submitted(job_result=control.run_now(schedule=schedule, by=by, now=now))
        demand(by, "view", schedule)
        demand_there(job=job, values=schedule.inputs)
        return ask(
            job=job,
            by=by,
            values=schedule.inputs,
            commit=schedule.commit,
            queue=schedule.queue,
            plan=Plan(interval=Interval.IMMEDIATELY),
            name=f"{job.name} - {now}",
            reason=reason,
            now=now,
        )


# What may be done to many schedules at once; in the place of those that matter for approval, ours.
SCHEDULE_ACTIONS: Mapping[str, Any] = {
    **control.ACTIONS,
    "clone": clone_schedule,
    "take_over": take_over_schedule,
    "run_now": run_schedule_now,
}


def accept_suggestion(*, comment: RequestComment, by: User, now: datetime) -> Changed:
    """Make a suggested change one's own: a new request replaces the open one (P77, G20).

    Only the requester can. The change is checked like any edit.
    """
    with transaction.atomic():
        schedule = _of_suggestion(comment, by)
        edited = revise(schedule=schedule, changes=suggested_changes(comment), by=by, now=now)
        request = follow_change(schedule=edited, by=by, now=now)
        tell(
            kind=Kind.APPROVAL_SUGGESTION_ACCEPTED,
            request=comment.request,
            at=now,
            by=by,
            comment=str(comment.pk),
            suggested_by=comment.person_name,
        )
    edited.refresh_from_db()
    return Changed(schedule=edited, request=request)


def _of_suggestion(comment: RequestComment, by: User) -> ScheduledJob:
    request, schedule = comment.request, comment.request.scheduled_job
    if schedule is None or comment.suggestion is None:
        raise Conflict("This comment suggests nothing that could be accepted.", code="no_suggestion")
    if schedule.user_id != by.pk:
        raise NotAllowed("Only who asked for it can accept a suggestion.", code="not_your_request")
    if request.state != State.OPEN:
        raise already_over(request)
    return schedule

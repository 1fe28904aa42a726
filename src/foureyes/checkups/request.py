"""Why what a request asks for does not run."""

from collections.abc import Iterator
from datetime import datetime

from foureyes.approvals.decide import PAST_DUE, is_past_due, refusal_of_content
from foureyes.approvals.lifecycle import State, already_over
from foureyes.approvals.policy import Verdict, refusal_to_decide, who_may_decide
from foureyes.checkups.finding import Finding, error, good, warning
from foureyes.checkups.schedule import look_at_schedule
from foureyes.errors import Conflict, Invalid, Refusal
from foureyes.grants.content import content_of_schedule
from foureyes.grants.validity import refusal_of
from foureyes.models import ApprovalRequest, Grant, JobResult, ScheduledJob
from foureyes.schedules.refusals import job_of
from foureyes.users.models import User

NAMED = 5


def look_at_request(*, request: ApprovalRequest, by: User, now: datetime) -> Iterator[Finding]:
    """Who can decide it, and what is in the way of an approval or, after it, of the run; `by` is who asks."""
    if request.state == State.OPEN:
        yield error("open", f"Request {request.number} waits for a decision; nothing of it runs before.")
        yield from _of_people(request, by)
        yield from _of_content(request, now)
    elif request.state == State.GRANTED:
        yield from _of_grant(request, now)
    else:
        yield Finding.of(already_over(request))
        yield from _of_successor(request)


def _of_people(request: ApprovalRequest, by: User) -> Iterator[Finding]:
    names = [person.get_username() for person in who_may_decide(request)[: NAMED + 1]]
    if names:
        shown = ", ".join(names[:NAMED]) + (" and others" if len(names) > NAMED else "")
        yield good("deciders", f"It can be approved by {shown}.")
    else:
        hint = "Give extras.approve_job and extras.change_scheduledjob to somebody who did not contribute to it."
        yield error("no_decider", "Nobody can approve it.", hint)
    if refusal := refusal_to_decide(request=request, by=by, verdict=Verdict.APPROVE):
        yield Finding.of(refusal, level="warning")
    else:
        yield good("may_decide", "You may approve it.")


def _of_content(request: ApprovalRequest, now: datetime) -> Iterator[Finding]:
    if refusal := refusal_of_content(request=request):
        yield Finding.of(refusal)
    if request.scheduled_job is not None and is_past_due(request.scheduled_job, now):
        yield Finding.of(Invalid(PAST_DUE, code="past_due"), level="warning")


def _of_grant(request: ApprovalRequest, now: datetime) -> Iterator[Finding]:
    grant, schedule = Grant.objects.filter(request=request).select_related("request").first(), request.scheduled_job
    if grant is None or schedule is None:
        yield good("granted", f"Request {request.number} is approved and done with.")
        return
    runs = JobResult.objects.filter(grant=grant).newest_first()
    if (newest := runs.first()) is not None:
        yield good("ran", f"It ran; the newest run is {newest.pk}, and it is {newest.status}.")
    if grant.uses_left == 0:
        return
    if refusal := _refusal(grant, schedule, now):
        yield Finding.of(refusal)
        yield from _of_successor(request)
    else:
        yield good("granted", f"Request {request.number} is approved, and what was approved is what would run.")
        yield from look_at_schedule(schedule=schedule, now=now)


def _refusal(grant: Grant, schedule: ScheduledJob, now: datetime) -> Refusal | None:
    try:
        content = content_of_schedule(schedule=schedule, job=job_of(schedule))
    except Conflict as gone:
        return gone
    return refusal_of(grant, content=content, now=now)


def _of_successor(request: ApprovalRequest) -> Iterator[Finding]:
    """The request that stands for the same thing now."""
    if request.scheduled_job_id is None:
        return
    later = ApprovalRequest.objects.filter(scheduled_job=request.scheduled_job_id, number__gt=request.number)
    if (newest := later.order_by("-number").first()) is not None:
        yield warning("replaced", f"Request {newest.number} stands for it now; it is {newest.state}.")

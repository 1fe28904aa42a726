"""Whether what an open request asks for is past its time: of one request, and as a condition on many."""

from datetime import datetime

from django.db.models import Q

from foureyes.approvals.decide import has_passed_instants, is_past_due
from foureyes.approvals.lifecycle import State
from foureyes.models import ApprovalRequest, ScheduledJob

Interval, Misfire = ScheduledJob.Interval, ScheduledJob.Misfire
PENDING = ScheduledJob.State.PENDING


def late_since(request: ApprovalRequest, *, now: datetime) -> datetime | None:
    """The instant that passed while nobody decided. What repeats is late only if what it missed is made up for."""
    schedule = request.scheduled_job
    if request.state != State.OPEN or schedule is None:
        return None
    if is_past_due(schedule, now):
        return schedule.start_time
    made_up_for = schedule.state == PENDING and schedule.misfire != Misfire.SKIP
    return schedule.next_run_at if made_up_for and has_passed_instants(schedule, now) else None


def are_late(*, now: datetime) -> Q:
    """The same of open requests, for their query."""
    once = Q(scheduled_job__one_off=True, scheduled_job__start_time__lt=now)
    repeats = Q(scheduled_job__one_off=False, scheduled_job__state=PENDING, scheduled_job__next_run_at__lte=now)
    return (once & ~Q(scheduled_job__interval=Interval.IMMEDIATELY)) | (
        repeats & ~Q(scheduled_job__misfire=Misfire.SKIP)
    )

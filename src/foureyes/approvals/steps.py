"""What the scheduler process does for approvals again and again. Each request is a transaction of its own."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from foureyes.approvals.change import is_granted
from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import Happening, State, move
from foureyes.approvals.opening import ask_to_open, is_current_opening
from foureyes.approvals.policy import Kind as RequestKind
from foureyes.approvals.request import is_current, open_request
from foureyes.approvals.revoke import end_schedule
from foureyes.catalog.refusals import refusal_to_schedule
from foureyes.errors import Refusal
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Grant, Job, ScheduledJob
from foureyes.schedules.lifecycle import OVER, RUNNABLE
from foureyes.schedules.lifecycle import Happening as Then
from foureyes.schedules.lifecycle import State as ScheduleState
from foureyes.schedules.queries import locked

log = structlog.get_logger("foureyes.approvals")
AT_ONCE = 100
RECENTLY = timedelta(hours=1)
NOTHING_LEFT = "What it asks for is over or gone."


def reopen_held(*, now: datetime) -> int:
    """Ask for the approval of what lacks one: held after a change of source, say, or gated since it was stored (G15).

    Open requests that do not tell any more what would run are replaced. Gives how many requests were opened.
    """
    opened = 0
    for schedule in [*_without_request(now), *_with_outdated_request()]:
        opened += _reopen(schedule, now)
        if opened >= AT_ONCE:
            break
    return opened


def close_orphaned(*, now: datetime) -> int:
    """Withdraw open requests whose schedule is over, by whatever way, or whose job is gone; gives how many."""
    gone = Q(scheduled_job__state__in=list(OVER)) | Q(job__isnull=True)
    rows = ApprovalRequest.objects.filter(gone, state=State.OPEN).select_related("scheduled_job").order_by("id")
    return sum(_close(request, now) for request in rows[:AT_ONCE])


def expire(*, now: datetime) -> int:
    """End the requests that nobody decided in time: what they ask for never runs (P81). Gives how many."""
    due = ApprovalRequest.objects.filter(state=State.OPEN, expires_at__lte=now).order_by("expires_at")
    return sum(_expire(request, now) for request in due.select_related("scheduled_job")[:AT_ONCE])


def open_gate_requests(*, now: datetime) -> int:
    """Ask whether the gates may be opened of jobs that say no more that they require approval (G2); gives how many.

    Requests to open a gate that is not to be opened any more are superseded.
    """
    lowered = Job.objects.filter(gated=True, approval_required=False, bundle__isnull=False)
    asked = sum(_ask_to_open(job, now) for job in lowered.order_by("pk")[:AT_ONCE])
    for request in ApprovalRequest.objects.filter(kind=RequestKind.OPEN_GATE, state=State.OPEN):
        _close_opening(request, now)
    return asked


def _close(request: ApprovalRequest, now: datetime) -> bool:
    try:
        with transaction.atomic():
            if request.scheduled_job_id is not None:  # everybody who decides locks the schedule first
                ScheduledJob.objects.select_for_update(of=("self",)).filter(pk=request.scheduled_job_id).first()
            move(request=request, happening=Happening.WITHDRAW, now=now)
            tell(kind=Kind.APPROVAL_WITHDRAWN, request=request, at=now, by=None, reason=NOTHING_LEFT)
    except Refusal as refusal:
        log.info("approval.not_closed", request=request.number, code=refusal.code)
        return False
    return True


def _without_request(now: datetime) -> Iterable[ScheduledJob]:
    """Schedules of gated jobs that wait without an open request, or will be held at their next instant.

    The latter only for jobs that changed lately: asking in time is a courtesy, and being held is what they meet anyway.
    """
    asked = ApprovalRequest.objects.filter(scheduled_job=OuterRef("pk"), state=State.OPEN)
    granted = Grant.objects.filter(
        request__scheduled_job=OuterRef("pk"), request__bundle=OuterRef("job_model__bundle"), voided_at__isnull=True
    )
    # The jobs first, which are few: SQLite would go through all schedules to find out whose job is gated.
    jobs = Job.objects.filter(gated=True, enabled=True, installed=True, import_error="").values_list("pk", flat=True)
    gated, changed = list(jobs), list(jobs.filter(last_updated__gt=now - RECENTLY))
    waiting = Q(job_model__in=gated, state=ScheduleState.PENDING)
    foreseen = Q(job_model__in=changed, state__in=RUNNABLE) & ~Exists(granted)
    rows = ScheduledJob.objects.filter(waiting | foreseen).exclude(Exists(asked))
    return rows.order_by("pk").iterator(chunk_size=AT_ONCE)


def _with_outdated_request() -> Iterable[ScheduledJob]:
    rows = ApprovalRequest.objects.filter(state=State.OPEN, scheduled_job__state__in=RUNNABLE, job__isnull=False)
    for request in rows.select_related("job", "scheduled_job").order_by("created", "id"):
        schedule, job = request.scheduled_job, request.job
        if schedule is None or job is None or not _may_be_outdated(request, schedule, job):
            continue
        if not is_current(request, schedule=schedule, job=job):
            yield schedule


def _may_be_outdated(request: ApprovalRequest, schedule: ScheduledJob, job: Job) -> bool:
    """A cheap look: something was written since, or the inputs name objects, whose changes nobody tells us."""
    written = max(job.last_updated, schedule.date_changed) >= request.created
    return written or job.bundle_id != request.bundle_id or bool(request.snapshot["content"]["objects"])


def _reopen(schedule: ScheduledJob, now: datetime) -> bool:
    """Look again under the lock, and ask. A job that cannot be scheduled now is left until it can."""
    try:
        with transaction.atomic():
            schedule = locked(schedule)
            job = schedule.job_model
            if job is None or not job.gated or schedule.state not in RUNNABLE or refusal_to_schedule(job):
                return False
            current = ApprovalRequest.objects.filter(scheduled_job=schedule, state=State.OPEN).first()
            if current is not None and is_current(current, schedule=schedule, job=job):
                return False
            waits = schedule.state == ScheduleState.PENDING
            if current is None and not waits and is_granted(schedule=schedule, job=job, now=now):
                return False
            _mark(schedule)
            open_request(schedule=schedule, by=None, now=now)
    except Refusal as refusal:
        log.info("approval.not_reopened", schedule=str(schedule.pk), code=refusal.code)
        return False
    return True


def _mark(schedule: ScheduledJob) -> None:
    if not schedule.approval_required:
        schedule.approval_required = True
        schedule.save(update_fields=["approval_required"])


def _expire(request: ApprovalRequest, now: datetime) -> bool:
    try:
        with transaction.atomic():
            schedule = locked(request.scheduled_job) if request.scheduled_job is not None else None
            move(request=request, happening=Happening.EXPIRE, now=now)
            tell(kind=Kind.APPROVAL_EXPIRED, request=request, at=now, by=None)
            if schedule is not None:
                end_schedule(
                    schedule=schedule,
                    pending=Then.EXPIRE,
                    kind=Kind.SCHEDULE_EXPIRED,
                    by=None,
                    reason="Nobody decided in time.",
                    now=now,
                )
    except Refusal as refusal:
        log.info("approval.not_expired", request=request.number, code=refusal.code)
        return False
    return True


def _ask_to_open(job: Job, now: datetime) -> bool:
    try:
        return ask_to_open(job=job, now=now) is not None
    except Refusal as refusal:
        log.info("approval.opening_not_asked", job=str(job.pk), code=refusal.code)
        return False


def _close_opening(request: ApprovalRequest, now: datetime) -> None:
    try:
        with transaction.atomic():
            if not is_current_opening(request):
                move(request=request, happening=Happening.SUPERSEDE, now=now)
                tell(kind=Kind.APPROVAL_SUPERSEDED, request=request, at=now, by=None)
    except Refusal as refusal:  # somebody decided at this moment
        log.info("approval.opening_not_closed", request=request.number, code=refusal.code)

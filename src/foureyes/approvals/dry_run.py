"""Tries what is asked for, with commit off."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import State
from foureyes.catalog.refusals import refusal_to_run
from foureyes.errors import Conflict, NotAllowed, Refusal
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Job, JobResult, ScheduledJob
from foureyes.runs.enqueue import Purpose, enqueue
from foureyes.schedules.files import copied, demand_there
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import job_of
from foureyes.users.models import User
from foureyes.users.permissions import may


def dry_run_request(*, request: ApprovalRequest, by: User, now: datetime) -> JobResult:
    """Run what a request asks for with commit off, at once and as oneself; the run is noted on the request.

    Needs the right to run the job. Refuses if the source is not the request's any more, and what `demand_known_source`
    refuses.
    """
    if request.scheduled_job is None:
        raise _nothing_to_try()
    with transaction.atomic():
        schedule = locked(request.scheduled_job)
        if refusal := _refusal_of_source(request, job_of(schedule)):
            raise refusal
        run = _run(schedule, by, now)
        tell(kind=Kind.APPROVAL_DRY_RUN, request=request, at=now, by=by, run=str(run.pk))
    return run


def refusal_to_dry_run(*, request: ApprovalRequest, by: User, approved: bool | None = None) -> Refusal | None:
    """The first reason why this person cannot try what is asked for; None if nothing is in the way.

    `approved`: whether there are rows of `approvals_of_source`, for whoever has asked already.
    """
    schedule = request.scheduled_job
    if schedule is None:
        return _nothing_to_try()
    try:
        job = job_of(schedule)
    except Conflict as gone:
        return gone
    return _refusal_of_source(request, job) or next(_of_run(job, by, approved), None)


def approvals_of_source(job: Job) -> QuerySet[ApprovalRequest]:
    """The requests by which somebody approved the source that the job has now."""
    return ApprovalRequest.objects.filter(job=job, bundle=job.bundle_id, state=State.GRANTED)


def dry_run_schedule(*, schedule: ScheduledJob, by: User, now: datetime) -> JobResult:
    """The same by schedule, for the 1.x paths: noted on its newest request, if it has one."""
    newest = ApprovalRequest.objects.filter(scheduled_job=schedule).order_by("-number").first()
    if newest is not None and newest.bundle_id == job_of(schedule).bundle_id:
        return dry_run_request(request=newest, by=by, now=now)
    with transaction.atomic():
        return _run(locked(schedule), by, now)


def demand_known_source(*, job: Job, by: User) -> None:
    """Who may not approve a gated job tries only source that somebody approved before (gate G1).

    Commit off is the author's promise, so source that nobody has looked at is not run for everybody.
    """
    if refusal := _of_known_source(job, by):
        raise refusal


def _of_known_source(job: Job, by: User, approved: bool | None = None) -> Refusal | None:
    if not job.gated or may(by, "approve", Job, job):
        return None
    if approvals_of_source(job).exists() if approved is None else approved:
        return None
    return NotAllowed(
        f"Nobody has approved this source of {job.name} yet, so only who may approve the job can try it.",
        code="source_not_approved",
    )


def _nothing_to_try() -> Refusal:
    return Conflict("There is nothing to be tried about this request.", code="nothing_to_run")


def _refusal_of_source(request: ApprovalRequest, job: Job) -> Refusal | None:
    if job.bundle_id == request.bundle_id:
        return None
    return Conflict("The job's source is not what this request asks for any more.", code="request_outdated")


def _of_run(job: Job, by: User, approved: bool | None = None) -> Iterator[Refusal]:
    if refusal := refusal_to_run(job):
        yield refusal
    if not may(by, "run", Job, job):
        yield NotAllowed("You do not have permission to run this job.", code="may_not_run")
    if refusal := _of_known_source(job, by, approved):
        yield refusal


def _run(schedule: ScheduledJob, by: User, now: datetime) -> JobResult:
    job = job_of(schedule)
    if refusal := next(_of_run(job, by), None):
        raise refusal
    demand_there(job=job, values=schedule.inputs)
    values, files = copied(job=job, values=schedule.inputs, now=now)
    return enqueue(
        job=job,
        user=by,
        values=values,
        commit=False,
        purpose=Purpose.DRY_RUN,
        queue=schedule.queue,
        input_files=files,
        now=now,
    )

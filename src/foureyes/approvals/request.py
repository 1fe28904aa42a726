"""Puts something before approvers: an immutable snapshot with its digest, its rule and everybody who shaped it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from foureyes.approvals.contributors import contributors_to, write_contributors
from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import Happening, State, move
from foureyes.approvals.policy import Kind as RequestKind
from foureyes.approvals.policy import rule_copy
from foureyes.approvals.reasons import demanded
from foureyes.approvals.terms import Terms, end_of, kept_terms
from foureyes.approvals.trials import note_earlier
from foureyes.catalog.environment import fingerprint
from foureyes.catalog.refusals import refusal_to_schedule
from foureyes.errors import Conflict
from foureyes.events import Kind
from foureyes.grants.content import content_of_schedule, digest_of
from foureyes.grants.validity import void
from foureyes.models import ApprovalRequest, Job, ScheduledJob
from foureyes.schedules.preview import sentence_of
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import job_of
from foureyes.users.models import User

ATTEMPTS = 200  # to get a number while others take them


def open_request(
    *,
    schedule: ScheduledJob,
    by: User | None,
    reason: str | None = None,
    terms: Terms | None = None,
    editors: Iterable[User] = (),
    now: datetime,
) -> ApprovalRequest:
    """Ask for approval of what a schedule runs, as it is now. An open request of the schedule is superseded.

    `by` is None when the system asks, because something has changed. A request that replaces another one keeps the
    reason and the terms of that one if it brings none, and its end too if the system asks: what its requester was told
    stays true. Refuses an empty reason where there is none to keep (`reasons`), and a job that cannot be scheduled.
    """
    with transaction.atomic():
        schedule = locked(schedule)
        job = job_of(schedule)
        if refusal := refusal_to_schedule(job):
            raise refusal
        content = content_of_schedule(schedule=schedule, job=job)
        people = contributors_to(schedule, editors=editors)
        before = _supersede(schedule, now)
        terms = terms or kept_terms(before)
        request = insert(
            kind=RequestKind.RUN if _is_once(schedule) else RequestKind.SERIES,
            job=job,
            schedule=schedule,
            snapshot={"content": content, "about": _about(schedule, job)},
            reason=_reason(reason, before),
            terms=terms,
            ends=_end(terms, schedule, before if by is None else None, now),
            tells=schedule.user_id if terms.tell_requester else None,
            now=now,
        )
        write_contributors(request=request, people=people, now=now)
        if by is not None:
            note_earlier(request=request, by=by, now=now)
        tell(
            kind=Kind.APPROVAL_REQUESTED,
            request=request,
            at=now,
            by=by,
            reason=request.reason,
            replaces=before.number if before else None,
        )
    return request


def insert(
    *,
    kind: ApprovalRequest.Kind,
    job: Job,
    schedule: ScheduledJob | None,
    snapshot: dict[str, Any],
    reason: str,
    terms: Terms,
    ends: datetime | None,
    tells: UUID | None,
    now: datetime,
) -> ApprovalRequest:
    """Store a request under the next number; several at once get numbers one after another."""
    if job.bundle is None:
        raise Conflict("This job has no source that could be approved.", code="job_not_loadable")
    for _ in range(ATTEMPTS):
        request = ApprovalRequest(
            number=(ApprovalRequest.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
            kind=kind,
            job=job,
            scheduled_job=schedule,
            bundle=job.bundle,
            snapshot=snapshot,
            digest=digest_of(snapshot["content"]),
            rule=rule_copy(),
            reason=reason,
            created=now,
            decide_within_seconds=terms.decide_within_seconds,
            decide_before_start=terms.decide_before_start,
            expires_at=ends,
            tells_id=tells,
        )
        try:
            with transaction.atomic():
                request.save(force_insert=True)
        except IntegrityError as error:
            if "number" not in str(error):
                raise
        else:
            return request
    raise Conflict("Too many requests are made at this moment; try again.", code="busy")


def void_grants(*, schedule: ScheduledJob, by: User | None, reason: str, now: datetime) -> None:
    """Take back what was granted to a schedule, and tell it."""
    for grant in void(schedule_id=schedule.pk, reason=reason, now=now):
        tell(kind=Kind.GRANT_VOIDED, request=grant.request, at=now, by=by, reason=reason)


def is_current(request: ApprovalRequest, *, schedule: ScheduledJob, job: Job) -> bool:
    """Is what was asked for still what the schedule would run?"""
    try:
        return digest_of(content_of_schedule(schedule=schedule, job=job)) == request.digest
    except Conflict:
        return False


def _supersede(schedule: ScheduledJob, now: datetime) -> ApprovalRequest | None:
    before = ApprovalRequest.objects.filter(scheduled_job=schedule, state=State.OPEN).first()
    if before is not None:
        move(request=before, happening=Happening.SUPERSEDE, now=now)
        tell(kind=Kind.APPROVAL_SUPERSEDED, request=before, at=now, by=None)
    return before


def _reason(given: str | None, before: ApprovalRequest | None) -> str:
    if before is not None and before.reason and not (given or "").strip():
        return before.reason
    return demanded(given)


def _end(terms: Terms, schedule: ScheduledJob, before: ApprovalRequest | None, now: datetime) -> datetime | None:
    """Of a request that replaces `before` by itself not later, if a length of time was chosen for that one."""
    chosen = before.expires_at if before is not None and before.decide_within_seconds is not None else None
    return min((at for at in (end_of(terms, schedule, now=now), chosen) if at is not None), default=None)


def _is_once(schedule: ScheduledJob) -> bool:
    return schedule.one_off or schedule.interval == ScheduledJob.Interval.IMMEDIATELY


def _about(schedule: ScheduledJob, job: Job) -> dict[str, Any]:
    """What people read about it besides the content; it decides nothing."""
    immediate = schedule.interval == ScheduledJob.Interval.IMMEDIATELY
    return {
        "name": schedule.name,
        "description": schedule.description,
        "job": job.name,
        "grouping": job.grouping,
        "requester": schedule.user_name or (schedule.user.get_username() if schedule.user else ""),
        "when": "At once, when it is approved." if immediate else sentence_of(schedule),
        "revision": schedule.revision,
        "environment": fingerprint(),
        "variables": job.variables,
    }

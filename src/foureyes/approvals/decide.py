"""Decisions about requests: the only place where one is made, for every interface (P70).

The row of the schedule is locked first, then the request moves by compare-and-set: of two people who decide at the
same time one does, and the other learns who decided what and when.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import transaction

from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import Happening, move
from foureyes.approvals.opening import is_current_opening, open_gate, opens_as_asked
from foureyes.approvals.origin import HERE, Origin
from foureyes.approvals.policy import Kind as RequestKind
from foureyes.approvals.policy import Verdict, is_asker, refusal_to_decide
from foureyes.approvals.reasons import demanded, kept
from foureyes.approvals.request import is_current, void_grants
from foureyes.approvals.revoke import end_schedule
from foureyes.catalog.refusals import refusal_to_schedule
from foureyes.conf import get_conf
from foureyes.errors import Conflict, Invalid, NotAllowed, Refusal
from foureyes.events import Kind
from foureyes.models import ApprovalRequest, Grant, JobResult, RequestParty, ScheduledJob
from foureyes.runs import doorbell
from foureyes.schedules.approved import release_held, run_at_once, skip_passed
from foureyes.schedules.facts import tell as tell_of_schedule
from foureyes.schedules.lifecycle import RUNNABLE, Fate
from foureyes.schedules.lifecycle import Happening as Then
from foureyes.schedules.lifecycle import State as ScheduleState
from foureyes.schedules.lifecycle import move as move_schedule
from foureyes.schedules.queries import locked
from foureyes.schedules.refusals import foreseen, job_of
from foureyes.users.models import User

LENGTHS = {"token_hint": 6, "address": 64, "client": 200}
PAST_DUE = "The job's start time is in the past. If you want to force a run anyway, add the `force` query parameter."


class Late(Enum):
    """What becomes of instants that passed while a request waited."""

    REFUSE = "refuse"  # a single one; those of what repeats go by its own policy
    RUN = "run"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What an approval led to. `schedule` is as the decision left it, before its run was counted, if there is one."""

    request: ApprovalRequest
    grant: Grant
    schedule: ScheduledJob | None = None
    job_result: JobResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one request of many; `code` and `message` tell why it was refused."""

    id: UUID
    ok: bool
    code: str = ""
    message: str = ""


def approve(
    *,
    request: ApprovalRequest,
    by: User,
    force: bool = False,
    digest: str | None = None,
    reason: str = "",
    origin: Origin = HERE,
    now: datetime,
) -> Approved:
    """Grant exactly what was asked for. A wish for now runs in the same transaction, and so does a past one by force.

    Refuses who may not decide, a `digest` (what the person read) or a content that is not the request's any more, a
    single instant that has passed unless forced, a request that somebody else decided, and one whose end has come.
    """
    late = Late.RUN if force else Late.REFUSE
    return _approve(request, by, late, digest, reason, origin, now)


def approve_from_next(
    *,
    request: ApprovalRequest,
    by: User,
    digest: str | None = None,
    reason: str = "",
    origin: Origin = HERE,
    now: datetime,
) -> Approved:
    """The same for what repeats, without the instants that passed while it waited: each is recorded as skipped.

    Refuses what has no instant after now: that is approved by force, or sent back with a new time.
    """
    return _approve(request, by, Late.SKIP, digest, reason, origin, now)


def _approve(
    request: ApprovalRequest, by: User, late: Late, digest: str | None, reason: str, origin: Origin, now: datetime
) -> Approved:
    with transaction.atomic():
        schedule, request = _lock(request)
        _demand_verdict(request, by, Verdict.APPROVE, origin)
        _demand_read(request, digest)
        reason = kept(reason)
        _demand_in_time(request, now)
        if schedule is None:
            return _approve_opening(request, by, reason, origin, now)
        _demand_current(request, schedule)
        if is_past_due(schedule, now) and late == Late.REFUSE:
            raise Invalid(PAST_DUE, code="past_due")
        move(request=request, happening=Happening.GRANT, now=now)
        _write_decision(request, by, Verdict.APPROVE, reason, digest, origin, now)
        void_grants(schedule=schedule, by=by, reason=f"replaced by request {request.number}", now=now)
        grant = _grant(request, now)
        tell(
            kind=Kind.APPROVAL_GRANTED,
            request=request,
            at=now,
            by=by,
            reason=reason,
            force=late == Late.RUN,
            **_from(origin),
        )
        _stamp(schedule, by, now)
        tell_of_schedule(kind=Kind.SCHEDULE_APPROVED, schedule=schedule, at=now, by=by, request=request.number)
        if late == Late.SKIP:
            skip_passed(schedule=schedule, by=by, now=now)
        stamped = copy(schedule)
        run = _set_going(schedule, now)
        transaction.on_commit(doorbell.ring_scheduler)
    return Approved(request=request, grant=grant, schedule=stamped, job_result=run)


def deny(
    *,
    request: ApprovalRequest,
    by: User,
    reason: str | None = None,
    digest: str | None = None,
    origin: Origin = HERE,
    now: datetime,
) -> ApprovalRequest:
    """Say no. Nothing runs; the request, the decision and the schedule are kept as history.

    A schedule that was live all the same (an earlier approval, or a pause) is revoked. Refuses as `approve` does, and
    an empty reason (`reasons`).
    """
    with transaction.atomic():
        schedule, request = _lock(request)
        _demand_verdict(request, by, Verdict.DENY, origin)
        _demand_read(request, digest)
        reason = demanded(reason)
        move(request=request, happening=Happening.DENY, now=now)
        _write_decision(request, by, Verdict.DENY, reason, digest, origin, now)
        tell(kind=Kind.APPROVAL_DENIED, request=request, at=now, by=by, reason=reason, **_from(origin))
        if schedule is not None:
            why = f"denied by {by}: {reason or 'no reason given'}"
            end_schedule(schedule=schedule, pending=Then.DENY, kind=Kind.SCHEDULE_DENIED, by=by, reason=why, now=now)
    return request


def deny_many(
    *, requests: Sequence[ApprovalRequest], by: User, reason: str | None = None, origin: Origin = HERE, now: datetime
) -> list[Outcome]:
    """Deny many, each on its own: what is refused for one is done for the others."""
    return [_deny_one(request, by, reason, origin, now) for request in requests]


def withdraw(*, request: ApprovalRequest, by: User, reason: str = "", now: datetime) -> ApprovalRequest:
    """Take one's own request back, if nobody has decided it. The schedule ends, and the history is kept."""
    with transaction.atomic():
        schedule, request = _lock(request)
        if not is_asker(request, by):
            raise NotAllowed("Only who asked for something can withdraw it.", code="not_your_request")
        reason = kept(reason)
        move(request=request, happening=Happening.WITHDRAW, now=now)
        tell(kind=Kind.APPROVAL_WITHDRAWN, request=request, at=now, by=by, reason=reason)
        if schedule is not None:
            end_schedule(
                schedule=schedule,
                pending=Then.WITHDRAW,
                kind=Kind.SCHEDULE_WITHDRAWN,
                by=by,
                reason=f"withdrawn by {by}",
                now=now,
            )
    return request


def is_past_due(schedule: ScheduledJob, now: datetime) -> bool:
    """A single instant that has passed. A wish for now never has, and what repeats has a next one."""
    return schedule.one_off and schedule.interval != ScheduledJob.Interval.IMMEDIATELY and schedule.start_time < now


def has_passed_instants(schedule: ScheduledJob, now: datetime) -> bool:
    """Did instants of what repeats pass while it waited? It decides about them by its policy, or skips them."""
    return not schedule.one_off and schedule.next_run_at is not None and schedule.next_run_at <= now


def refusal_to_approve(*, request: ApprovalRequest, by: User, origin: Origin = HERE) -> Refusal | None:
    """The first reason why this person cannot approve this as it is now, its being late left aside."""
    if refusal := refusal_to_decide(request=request, by=by, verdict=Verdict.APPROVE, origin=origin):
        return refusal
    return refusal_of_content(request=request)


def refusal_of_content(*, request: ApprovalRequest, current: bool | None = None) -> Refusal | None:
    """Why nobody can approve an open request as it is: it has changed since, or could not run.

    `current`: what `is_current` has just told of it and its schedule, for whoever has asked already.
    """
    if request.scheduled_job is None:
        opens = request.job is not None and opens_as_asked(request, request.job)
        return None if opens else outdated(request)
    return _refusal_of_content(request, request.scheduled_job, current)


def _lock(request: ApprovalRequest) -> tuple[ScheduledJob | None, ApprovalRequest]:
    """The schedule and the request as they are now, locked in this order, as by everybody else."""
    schedule = locked(request.scheduled_job) if request.scheduled_job is not None else None
    rows = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("job", "scheduled_job")
    return schedule, rows.get(pk=request.pk)


def _demand_verdict(request: ApprovalRequest, by: User, verdict: RequestParty.Verdict, origin: Origin) -> None:
    if refusal := refusal_to_decide(request=request, by=by, verdict=verdict, origin=origin):
        raise refusal


def _demand_read(request: ApprovalRequest, digest: str | None) -> None:
    if digest is not None and digest != request.digest:
        sentence = f"What you have read is not what request {request.number} asks for. Read it again."
        raise Conflict(sentence, code="digest_differs")


def _demand_in_time(request: ApprovalRequest, now: datetime) -> None:
    """Nothing is approved after its end, whether or not the scheduler has noticed that yet."""
    if request.expires_at is not None and request.expires_at < now:
        sentence = f"Request {request.number} ended at {request.expires_at:%Y-%m-%d %H:%M} UTC: nobody had decided."
        raise Conflict(sentence, code="request_expired")


def _demand_current(request: ApprovalRequest, schedule: ScheduledJob) -> None:
    if refusal := _refusal_of_content(request, schedule):
        raise refusal


def _refusal_of_content(
    request: ApprovalRequest, schedule: ScheduledJob, current: bool | None = None
) -> Refusal | None:
    """What would run is not what was asked for any more, or could not run: its requester counts too."""
    try:
        job = job_of(schedule)
    except Conflict as gone:
        return gone
    if schedule.state not in RUNNABLE:
        return Conflict(f"The schedule “{schedule.name}” is {schedule.state}.", code="schedule_over")
    if refusal := refusal_to_schedule(job):
        return refusal
    if not (is_current(request, schedule=schedule, job=job) if current is None else current):
        return outdated(request)
    obstacle = foreseen(schedule)
    if obstacle is not None and obstacle.fate != Fate.HELD:
        return Conflict(obstacle.reason, code="cannot_run")
    return None


def outdated(request: ApprovalRequest) -> Conflict:
    """The request does not tell any more what would run."""
    return Conflict(
        f"What request {request.number} asks for has changed in the meantime. A new request replaces it shortly.",
        code="request_outdated",
    )


def _write_decision(
    request: ApprovalRequest,
    by: User,
    verdict: RequestParty.Verdict,
    reason: str,
    digest: str | None,
    origin: Origin,
    now: datetime,
) -> None:
    RequestParty.objects.create(
        request=request,
        person_id=by.pk,
        person_name=by.get_username(),
        part=RequestParty.Part.DECIDER,
        verdict=verdict,
        reason=reason.strip(),
        digest=digest or "",
        at=now,
        **_from(origin),
    )


def _grant(request: ApprovalRequest, now: datetime) -> Grant:
    series = request.kind == RequestKind.SERIES
    days = get_conf().series_grant_days if series else 0
    return Grant.objects.create(
        request=request,
        scope=Grant.Scope.SERIES if series else Grant.Scope.RUN,
        digest=request.digest,
        granted_at=now,
        expires_at=now + timedelta(days=days) if days else None,
        uses_left=None if series else 1,
    )


def _stamp(schedule: ScheduledJob, by: User, now: datetime) -> None:
    columns = {"approved_by_user": by, "approved_at": now, "date_changed": now}
    if schedule.state == ScheduleState.PENDING:
        move_schedule(schedule=schedule, happening=Then.APPROVE, state_reason="", **columns)
        return
    for name, value in columns.items():
        setattr(schedule, name, value)
    schedule.save(update_fields=[*columns])


def _set_going(schedule: ScheduledJob, now: datetime) -> JobResult | None:
    if schedule.state != ScheduleState.ACTIVE:
        return None
    if schedule.interval == ScheduledJob.Interval.IMMEDIATELY or is_past_due(schedule, now):
        return run_at_once(schedule=schedule, now=now)
    release_held(schedule=schedule, now=now)
    return None


def _approve_opening(request: ApprovalRequest, by: User, reason: str, origin: Origin, now: datetime) -> Approved:
    if not is_current_opening(request):
        raise outdated(request)
    move(request=request, happening=Happening.GRANT, now=now)
    _write_decision(request, by, Verdict.APPROVE, reason, request.digest, origin, now)
    grant = _grant(request, now)
    tell(kind=Kind.APPROVAL_GRANTED, request=request, at=now, by=by, reason=reason, **_from(origin))
    open_gate(request=request, grant=grant, by=by, now=now)
    return Approved(request=request, grant=grant)


def _deny_one(request: ApprovalRequest, by: User, reason: str | None, origin: Origin, now: datetime) -> Outcome:
    try:
        deny(request=request, by=by, reason=reason, origin=origin, now=now)
    except Refusal as refusal:
        return Outcome(id=request.pk, ok=False, code=refusal.code, message=refusal.message)
    return Outcome(id=request.pk, ok=True)


def _from(origin: Origin) -> dict[str, str]:
    return {name: getattr(origin, name)[:length] for name, length in LENGTHS.items()}

"""Requests to open the gate of a job (G2): lowering `approval_required` only asks; a second person lowers `gated`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from foureyes.approvals.contributors import Contributor, write_contributors
from foureyes.approvals.facts import tell
from foureyes.approvals.lifecycle import Happening, State, move
from foureyes.approvals.policy import Kind as RequestKind
from foureyes.approvals.reasons import demanded
from foureyes.approvals.request import insert
from foureyes.approvals.terms import AS_USUAL, end_of
from foureyes.catalog.memory import last_deletion
from foureyes.errors import Conflict
from foureyes.events import Kind, append
from foureyes.grants.content import POLICY, VERSION, digest_of
from foureyes.grants.validity import consume
from foureyes.models import ApprovalRequest, Event, Grant, Job
from foureyes.users.models import User

LOWERING = (Kind.JOB_EDITED, Kind.JOB_SYNCED)


def ask_to_open(*, job: Job, reason: str | None = None, now: datetime) -> ApprovalRequest | None:
    """Put before approvers that a gated job should need no approval any more, in the name of whoever lowered its flag.

    Gives None if there is nothing to ask: the flag is up, the job is gone, or the same has been asked
    for already or was denied. Refuses to ask without a reason where there was a place for one.
    """
    with transaction.atomic():
        found = Job.objects.select_for_update(of=("self",)).filter(pk=job.pk).first()
        if found is None or not _is_lowered(found):
            return None
        job = found
        lowered = lowering_of(job)
        content = _content(job, lowered)
        if _has_answer(job, digest_of(content)):
            return None
        _supersede(job, now)
        about = {"job": job.name, "grouping": job.grouping, "name": f"Open the gate of {job.name}"}
        request = insert(
            kind=RequestKind.OPEN_GATE,
            job=job,
            schedule=None,
            snapshot={"content": content, "about": about},
            reason=demanded(reason),
            terms=AS_USUAL,
            ends=end_of(AS_USUAL, None, now=now),
            tells=_there(lowered),
            now=now,
        )
        if lowered is not None and lowered.actor_id is not None:
            person = Contributor(lowered.actor_name, ["requester"])
            write_contributors(request=request, people={lowered.actor_id: person}, now=now)
        tell(kind=Kind.APPROVAL_REQUESTED, request=request, at=now, by=None, job=job.class_path)
    return request


def open_gate(*, request: ApprovalRequest, grant: Grant, by: User, now: datetime) -> None:
    """Lower `gated`, if nobody raised the flag again in the meantime, and use the grant up with it."""
    held = Job.objects.filter(approval_requests=request, gated=True, approval_required=False)
    if held.update(gated=False, last_updated=now) != 1:
        raise Conflict("This job requires approval again.", code="request_outdated")
    consume(grant=grant, now=now)
    append(kind=Kind.JOB_GATE_OPENED, at=now, actor=by, subject=request.job, data={"number": request.number})


def is_current_opening(request: ApprovalRequest) -> bool:
    """Is the gate still to be opened for the same reason and the same source? Locks the job."""
    job = Job.objects.select_for_update(of=("self",)).filter(approval_requests=request).first()
    return job is not None and opens_as_asked(request, job)


def opens_as_asked(request: ApprovalRequest, job: Job) -> bool:
    """The same for a job at hand."""
    return _is_lowered(job) and digest_of(_content(job, lowering_of(job))) == request.digest


def lowering_of(job: Job) -> Event | None:
    """The fact that tells who or what lowered the flag last, or deleted the row that had it."""
    rows = Event.objects.filter(
        subject_type=Job._meta.label_lower, subject_id=str(job.pk), kind__in=LOWERING, data__has_key="changes"
    )
    for event in rows.order_by("-at", "-id").iterator():
        if event.data["changes"].get("approval_required") == [True, False]:
            return event
    return last_deletion(job.class_path)


def _there(lowered: Event | None) -> UUID | None:
    """Who lowered the flag, if there is still such an account."""
    rows = User.objects.filter(pk=lowered.actor_id) if lowered and lowered.actor_id else User.objects.none()
    found: UUID | None = rows.values_list("pk", flat=True).first()
    return found


def _is_lowered(job: Job) -> bool:
    return job.gated and not job.approval_required and job.bundle_id is not None


def _content(job: Job, lowered: Event | None) -> dict[str, Any]:
    return {
        "version": VERSION,
        "policy": POLICY,
        "open_gate_of": str(job.pk),
        "class_path": job.class_path,
        "source": job.bundle_id,
        "lowered_by": str(lowered.pk) if lowered else "",
    }


def _has_answer(job: Job, digest: str) -> bool:
    """The same has been asked for, and is not to be asked for again without another lowering or other source."""
    rows = ApprovalRequest.objects.filter(job=job, kind=RequestKind.OPEN_GATE, digest=digest)
    return rows.exclude(state__in=[State.EXPIRED, State.SUPERSEDED]).exists()


def _supersede(job: Job, now: datetime) -> None:
    for before in ApprovalRequest.objects.filter(job=job, kind=RequestKind.OPEN_GATE, state=State.OPEN):
        move(request=before, happening=Happening.SUPERSEDE, now=now)
        tell(kind=Kind.APPROVAL_SUPERSEDED, request=before, at=now, by=None)

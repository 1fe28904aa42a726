"""Dry runs of what is asked for: whether one of them tried exactly this, and how it ended."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foureyes.approvals.facts import tell
from foureyes.errors import Conflict
from foureyes.events import Kind
from foureyes.grants.content import inputs_of
from foureyes.models import ApprovalRequest, Event, JobResult
from foureyes.users.models import User

Purpose = JobResult.Purpose
LOOKED_AT = 50  # newest runs of whoever asks, among which a dry run before the request is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A dry run, and in what it differs from the request: `source`, `inputs`; in nothing if it tried exactly this."""

    run: JobResult
    differs: tuple[str, ...]


def trials_of(requests: Collection[ApprovalRequest]) -> dict[UUID, list[Trial]]:
    """The dry runs noted on each request and on others of the same schedule, the newest first; in four queries."""
    family = _families(requests)
    noted = _noted({key for keys in family.values() for key in keys})
    runs = JobResult.objects.select_related("user").in_bulk({run for ids in noted.values() for run in ids})
    found: dict[UUID, list[Trial]] = {}
    for request in requests:
        ids = {run for key in family[request.pk] for run in noted.get(key, ())}
        rows = sorted((runs[key] for key in ids if key in runs), key=lambda run: run.pk, reverse=True)
        found[request.pk] = [Trial(run=run, differs=tuple(_differences(request, run))) for run in rows]
    return found


def note_earlier(*, request: ApprovalRequest, by: User, now: datetime) -> None:
    """Note on a new request the dry runs of exactly this that whoever asks made before asking."""
    runs = JobResult.objects.filter(user=by, hidden_at=None).newest_first()
    for run in runs.only("purpose", "job_model", "bundle", "job_kwargs")[:LOOKED_AT]:
        if run.purpose == Purpose.DRY_RUN and run.job_model_id == request.job_id and not [*_differences(request, run)]:
            tell(kind=Kind.APPROVAL_DRY_RUN, request=request, at=now, by=by, run=str(run.pk))


def _families(requests: Collection[ApprovalRequest]) -> dict[UUID, set[UUID]]:
    """For each request the ids of all of its schedule."""
    schedules = {request.scheduled_job_id for request in requests if request.scheduled_job_id}
    members: dict[UUID | None, set[UUID]] = {}
    rows = ApprovalRequest.objects.filter(scheduled_job__in=schedules).values_list("scheduled_job", "pk")
    for schedule, key in rows:
        members.setdefault(schedule, set()).add(key)
    return {request.pk: {request.pk, *members.get(request.scheduled_job_id, ())} for request in requests}


def _noted(requests: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    rows = Event.objects.filter(
        kind=Kind.APPROVAL_DRY_RUN,
        subject_type=ApprovalRequest._meta.label_lower,
        subject_id__in=[str(key) for key in requests],
    )
    found: dict[UUID, list[UUID]] = {}
    for subject, data in rows.values_list("subject_id", "data"):
        found.setdefault(UUID(subject), []).append(UUID(data["run"]))
    return found


def _differences(request: ApprovalRequest, run: JobResult) -> Iterable[str]:
    if run.bundle_id != request.bundle_id:
        yield "source"
    if _inputs(request, run) != request.snapshot["content"].get("inputs"):
        yield "inputs"


def _inputs(request: ApprovalRequest, run: JobResult) -> dict[str, Any] | None:
    if request.job is None or run.job_kwargs is None:
        return None
    try:
        return inputs_of(job=request.job, values=run.job_kwargs.get("data") or {})
    except Conflict:  # its files are gone
        return None

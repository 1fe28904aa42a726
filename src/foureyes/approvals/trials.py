"""Dry runs of what is asked for: whether one of them tried exactly this, and how it ended."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foureyes.approvals.differences import Related
from foureyes.approvals.facts import tell
from foureyes.events import Kind
from foureyes.grants.content import files_among, inputs_of
from foureyes.models import ApprovalRequest, Event, InputFile, JobResult
from foureyes.users.compiled import Texts, compiled
from foureyes.users.models import User

Purpose = JobResult.Purpose
Files = Mapping[str, InputFile]  # by key
LOOKED_AT = 50  # newest runs of whoever asks, among which a dry run before the request is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A dry run, and in what it differs from the request: `source`, `inputs`; in nothing if it tried exactly this."""

    run: JobResult
    differs: tuple[str, ...]


def facts_about(related: Mapping[UUID, Related], *, closely: ApprovalRequest | None = None) -> list[Event]:
    """The dry runs noted on these requests and on others of their schedules, and of one every fact; in order."""
    keys = Texts([str(key) for one in related.values() for key in one.of_schedule])
    return compiled(_facts, of=None, keys=keys, closely=str(closely.pk) if closely else None)


def _facts(_: None, *, keys: Any, closely: str | None) -> QuerySet[Event]:
    told = Q(kind=Kind.APPROVAL_DRY_RUN) if closely is None else Q(kind=Kind.APPROVAL_DRY_RUN) | Q(subject_id=closely)
    rows = Event.objects.filter(told, subject_type=ApprovalRequest._meta.label_lower, subject_id__in=keys)
    return rows.order_by("id")


def trials_of(
    requests: Collection[ApprovalRequest], *, related: Mapping[UUID, Related], facts: Iterable[Event]
) -> dict[UUID, list[Trial]]:
    """The dry runs noted on each request and on others of the same schedule, the newest first; in two queries."""
    noted: dict[UUID, list[UUID]] = {}
    for fact in facts:
        if fact.kind == Kind.APPROVAL_DRY_RUN:
            noted.setdefault(UUID(fact.subject_id), []).append(UUID(fact.data["run"]))
    runs = JobResult.objects.select_related("user").in_bulk({run for ids in noted.values() for run in ids})
    files = _files_of(requests, runs.values())
    found: dict[UUID, list[Trial]] = {}
    for request in requests:
        ids = {run for key in related[request.pk].of_schedule for run in noted.get(key, ())}
        rows = sorted((runs[key] for key in ids if key in runs), key=lambda run: run.pk, reverse=True)
        found[request.pk] = [Trial(run=run, differs=tuple(_differences(request, run, files))) for run in rows]
    return found


def note_earlier(*, request: ApprovalRequest, by: User, now: datetime) -> None:
    """Note on a new request the dry runs of exactly this that whoever asks made before asking."""
    rows = JobResult.objects.filter(user=by, hidden_at=None).newest_first()
    newest = rows.only("purpose", "job_model", "bundle", "job_kwargs")[:LOOKED_AT]
    runs = [run for run in newest if run.purpose == Purpose.DRY_RUN and run.job_model_id == request.job_id]
    files = _files_of([request], runs)
    for run in runs:
        if not [*_differences(request, run, files)]:
            tell(kind=Kind.APPROVAL_DRY_RUN, request=request, at=now, by=by, run=str(run.pk))


def _files_of(requests: Collection[ApprovalRequest], runs: Iterable[JobResult]) -> Files:
    """What the inputs of the runs name, in one query; none if there are no files among them."""
    jobs = {request.job_id: request.job for request in requests if request.job}
    keys = {
        key
        for run in runs
        if (job := jobs.get(run.job_model_id)) is not None
        for key in files_among(_values(run), job=job).values()
    }
    return {str(file.pk): file for file in InputFile.objects.filter(pk__in=keys)} if keys else {}


def _values(run: JobResult) -> dict[str, Any]:
    return (run.job_kwargs or {}).get("data") or {}


def _differences(request: ApprovalRequest, run: JobResult, files: Files) -> Iterable[str]:
    if run.bundle_id != request.bundle_id:
        yield "source"
    if _inputs(request, run, files) != request.snapshot["content"].get("inputs"):
        yield "inputs"


def _inputs(request: ApprovalRequest, run: JobResult, files: Files) -> dict[str, Any] | None:
    if request.job is None or run.job_kwargs is None:
        return None
    values = _values(run)
    if not set(files_among(values, job=request.job).values()) <= files.keys():  # they are gone
        return None
    return inputs_of(job=request.job, values=values, drafts=files.values())

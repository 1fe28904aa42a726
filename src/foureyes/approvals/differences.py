"""What has changed between two requests of a job."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foureyes.approvals.policy import Kind
from foureyes.catalog.source import read_source
from foureyes.grants.content import changed_parts
from foureyes.models import ApprovalRequest, ScheduledJob, SourceBundle
from foureyes.runs.statements import columns_of, places, select_rows, stored_id

SHOWN_APART = ("inputs", "schedule", "source", "scheduled_job")
GRANTED_LAST = """
SELECT granted.id FROM extras_approvalrequest granted
WHERE granted.{of} = asked.{of} AND granted.state = 'granted' AND granted.kind <> 'open_gate'
    AND granted.number < asked.number
ORDER BY granted.number DESC LIMIT 1
"""
LIKE = {"of_schedule": "scheduled_job_id", "of_job": "job_id"}
BEFORE = """
WHERE id IN (SELECT COALESCE(({of_schedule}), ({of_job})) FROM extras_approvalrequest asked WHERE asked.id IN ({keys}))
"""
BESIDE = """
UNION ALL SELECT {columns} FROM extras_approvalrequest WHERE scheduled_job_id IN ({schedules})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value that differs; None where there was or is none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file of the source that differs: `added`, `removed` or `changed`, with lines as `diff -u` writes them."""

    path: str
    kind: str
    diff: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Against which request, and what differs. Without `against` everything is new, and nothing is listed."""

    against: ApprovalRequest | None
    inputs: tuple[Change, ...] = ()
    schedule: tuple[Change, ...] = ()
    settings: tuple[Change, ...] = ()
    source: tuple[FileChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """The other requests that one of them is looked at with: what was granted last, and all of its schedule, by id."""

    before: ApprovalRequest | None
    of_schedule: frozenset[UUID]  # itself among them, also without a schedule


def last_granted(request: ApprovalRequest) -> ApprovalRequest | None:
    """The request to compare with: the last granted of the same schedule, else of the same job."""
    return related_to([request])[request.pk].before


def related_to(requests: Collection[ApprovalRequest]) -> dict[UUID, Related]:
    """That one, and those of the same schedule, for many at once; in one query."""
    if not requests:
        return {}
    keys = [stored_id(request.pk) for request in requests]
    schedules = [stored_id(key) for key in {request.scheduled_job_id for request in requests} if key]
    before = BEFORE.format(keys=places(keys), **{name: GRANTED_LAST.format(of=column) for name, column in LIKE.items()})
    # Snapshots are long: only those that are compared with are read.
    beside = BESIDE.format(columns=columns_of(ApprovalRequest, void=["snapshot"]), schedules=places(schedules))
    found = select_rows(ApprovalRequest, before + (beside if schedules else ""), [*keys, *schedules])
    compared = sorted((one for one in found if one.snapshot is not None), key=lambda one: one.number)
    of_schedules: dict[UUID | None, set[UUID]] = {}
    for one in found:
        of_schedules.setdefault(one.scheduled_job_id, set()).add(one.pk)
    return {request.pk: _related(request, of_schedules, compared) for request in requests}


def differences(request: ApprovalRequest) -> Differences:
    """What differs from what was approved last."""
    return differences_to(last_granted(request), request)


def differences_to(before: ApprovalRequest | None, request: ApprovalRequest) -> Differences:
    """The same where it is known already what was approved last."""
    if before is None or request.kind == Kind.OPEN_GATE:
        return Differences(against=before)
    old, new = comparable(before.snapshot["content"]), comparable(request.snapshot["content"])
    settings = [name for name in changed_parts(old, new) if name not in SHOWN_APART]
    return Differences(
        against=before,
        inputs=tuple(_changes(old.get("inputs", {}), new.get("inputs", {}))),
        schedule=tuple(_changes(old.get("schedule", {}), new.get("schedule", {}))),
        settings=tuple(Change(name=name, before=old.get(name), after=new.get(name)) for name in settings),
        source=tuple(source_changes(before.bundle, request.bundle)) if before.bundle_id != request.bundle_id else (),
    )


def source_changes(before: SourceBundle, after: SourceBundle) -> Iterator[FileChange]:
    """The files that differ between two sources, by path."""
    old = {file.path: file for file in read_source(bundle=before)}
    new = {file.path: file for file in read_source(bundle=after)}
    for path in sorted(old.keys() | new.keys()):
        one, other = old.get(path), new.get(path)
        if one is not None and other is not None and one.sha256 == other.sha256:
            continue
        kind = "added" if one is None else "removed" if other is None else "changed"
        yield FileChange(path=path, kind=kind, diff=_diff(path, one.text if one else "", other.text if other else ""))


def comparable(content: Mapping[str, Any]) -> dict[str, Any]:
    """What two requests are compared by: a wish for now has no start but the moment of asking, which always differs."""
    plan = content.get("schedule") or {}
    if plan.get("interval") != ScheduledJob.Interval.IMMEDIATELY:
        return dict(content)
    return {**content, "schedule": {name: value for name, value in plan.items() if name != "start_time"}}


def _related(
    request: ApprovalRequest,
    of_schedules: Mapping[UUID | None, Collection[UUID]],
    compared: Collection[ApprovalRequest],
) -> Related:
    schedule = request.scheduled_job_id
    of_schedule = frozenset({request.pk, *(of_schedules.get(schedule, ()) if schedule else ())})
    # The one of each request is among them, and of those that fit it is the newest.
    return Related(before=_newest_before(request, compared), of_schedule=of_schedule)


def _newest_before(request: ApprovalRequest, found: Collection[ApprovalRequest]) -> ApprovalRequest | None:
    earlier = [one for one in found if one.number < request.number]
    schedule, job = request.scheduled_job_id, request.job_id
    same = [one for one in earlier if schedule and one.scheduled_job_id == schedule]
    return next(reversed(same or [one for one in earlier if job and one.job_id == job]), None)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in changed_parts(before, after):
        yield Change(name=name, before=before.get(name), after=after.get(name))


def _diff(path: str, before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "This file is no text, or too large to be shown."
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)


def _lines(text: str) -> list[str]:
    """Lines as Python reads them. `splitlines` would end them at characters that do not, and so hide those (G22)."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]

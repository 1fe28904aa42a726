"""What has changed between two requests of a job, and what an approver should look at first."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foureyes.approvals.lifecycle import State
from foureyes.approvals.policy import Kind, who_may_decide
from foureyes.approvals.queries import dry_runs_of
from foureyes.catalog.environment import fingerprint
from foureyes.catalog.source import read_source
from foureyes.events import Kind as EventKind
from foureyes.grants.content import changed_parts
from foureyes.models import ApprovalRequest, Event, JobResult, SourceBundle
from foureyes.users.models import User

NEW_RIGHTS = timedelta(days=1)
SHOWN_APART = ("inputs", "schedule", "source", "scheduled_job")
RIGHTS = (
    EventKind.USER_CREATED,
    EventKind.USER_EDITED,
    EventKind.USER_PASSWORD_SET,
    EventKind.PERMISSION_CREATED,
    EventKind.PERMISSION_EDITED,
)


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
class Point:
    """Something to look at before deciding: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Against which request, and what differs. Without `against` everything is new, and nothing is listed."""

    against: ApprovalRequest | None
    inputs: tuple[Change, ...] = ()
    schedule: tuple[Change, ...] = ()
    settings: tuple[Change, ...] = ()
    source: tuple[FileChange, ...] = ()


def last_granted(request: ApprovalRequest) -> ApprovalRequest | None:
    """The request to compare with: the last granted of the same schedule, else of the same job."""
    rows = ApprovalRequest.objects.filter(job=request.job_id, state=State.GRANTED, number__lt=request.number)
    rows = rows.exclude(kind=Kind.OPEN_GATE).order_by("-number")
    same = rows.filter(scheduled_job=request.scheduled_job_id) if request.scheduled_job_id else rows.none()
    return same.first() or (rows.first() if request.job_id else None)


def differences(request: ApprovalRequest) -> Differences:
    """What differs from what was approved last."""
    before = last_granted(request)
    if before is None or request.kind == Kind.OPEN_GATE:
        return Differences(against=before)
    old, new = before.snapshot["content"], request.snapshot["content"]
    settings = [
        name for name in changed_parts(old, new) if name not in ("inputs", "schedule", "source", "scheduled_job")
    ]
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


def review_points(request: ApprovalRequest, *, by: User | None = None, now: datetime) -> list[Point]:
    """What an approver should look at first. `by`: the person who is about to decide."""
    return [*_of_content(request), *_of_trial(request), *_of_people(request, by, now)]


def matching_dry_run(request: ApprovalRequest) -> JobResult | None:
    """The newest run that tried exactly this and ended well."""
    return dry_runs_of(request).filter(status=JobResult.Status.COMPLETED).first()


def _of_content(request: ApprovalRequest) -> Iterator[Point]:
    if request.kind == Kind.OPEN_GATE:
        yield Point(code="opens_gate", text="After this the job runs without anybody's approval.")
        return
    found = differences(request)
    if found.against is None:
        yield Point(code="first_run", text="No run of this job has been approved before.")
        return
    number = found.against.number
    if found.source:
        yield Point(code="source_changed", text=f"The source has changed since request {number}.")
    if found.inputs:
        yield Point(code="inputs_changed", text=f"The inputs differ from those of request {number}.")
    if request.snapshot["about"].get("environment") != found.against.snapshot["about"].get("environment"):
        yield Point(code="environment_changed", text=f"The installed packages have changed since request {number}.")
    if any(change.name == "commit" and change.after for change in found.settings):
        yield Point(code="commits_now", text=f"Request {number} was with commit off, and this one is not.")


def _of_trial(request: ApprovalRequest) -> Iterator[Point]:
    if request.kind == Kind.OPEN_GATE:
        return
    if matching_dry_run(request) is None:
        yield Point(code="no_dry_run", text="Nobody has tried exactly this in a dry run that ended well.")
    if request.state == State.OPEN and request.snapshot["about"].get("environment") != fingerprint():
        yield Point(code="environment_moved", text="Packages were installed or removed since this was asked for.")
    if request.snapshot["content"].get("uses_database"):
        yield Point(code="uses_database", text="The job works on the database of this installation.")


def _of_people(request: ApprovalRequest, by: User | None, now: datetime) -> Iterator[Point]:
    if request.state != State.OPEN:
        return
    if by is not None and (since := _rights_since(by, now)) is not None:
        hours = max(int((now - since).total_seconds() // 3600), 0)
        yield Point(code="new_rights", text=f"The account or rights of {by} were changed {hours} hours ago.")
    if not who_may_decide(request).exists():
        yield Point(code="no_approver", text="Nobody who has not contributed may approve this.")


def _rights_since(person: User, now: datetime) -> datetime | None:
    """When somebody last changed the account or a permission of a person, if that is recent (gate G9)."""
    held = [str(key) for key in person.object_permissions.values_list("pk", flat=True)]
    for group in person.groups.all():
        held += [str(key) for key in group.object_permissions.values_list("pk", flat=True)]
    rows = Event.objects.filter(kind__in=RIGHTS, subject_id__in=[str(person.pk), *held], at__gt=now - NEW_RIGHTS)
    return rows.order_by("-at").values_list("at", flat=True).first()


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in changed_parts(before, after):
        yield Change(name=name, before=before.get(name), after=after.get(name))


def _diff(path: str, before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "This file is no text, or too large to be shown."
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)

"""What people change about jobs: switches, overrides, deletion.

A value holds only together with its `_override` flag; without the flag the class's value does. Raising
`approval_required` gates the job at once, lowering it leaves the gate closed (gate G2).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from foureyes import events
from foureyes.catalog.descriptions import LONGEST, LONGEST_QUEUE, seen
from foureyes.catalog.memory import remember_gate
from foureyes.catalog.overrides import follow_class, name_is_taken
from foureyes.errors import Conflict, Invalid
from foureyes.events import Kind
from foureyes.models import Job
from foureyes.models.job import OVERRIDABLE
from foureyes.users.models import User

EDITABLE = frozenset({"slug", "enabled", *OVERRIDABLE, *(f"{field}_override" for field in OVERRIDABLE)})
RESERVED_SLUGS = frozenset({"approvals", "scheduled", "results"})  # names of pages
LENGTHS = {**LONGEST, "slug": 320}
BOTH_FLAGS = "A job with sensitive variables cannot also be marked as requiring approval"
NAME_TAKEN = "The fields grouping, name must make a unique set."


def edit_job(*, job: Job, changes: Mapping[str, Any], by: User, now: datetime) -> Job:
    """Change switches and overrides of one job and answer its new row. An event tells each change."""
    return edit_jobs(edits=[(job, changes)], by=by, now=now)[0]


@transaction.atomic
def edit_jobs(*, edits: Sequence[tuple[Job, Mapping[str, Any]]], by: User, now: datetime) -> list[Job]:
    """Change several jobs, all or none of them."""
    return [_edit(job, changes, by, now) for job, changes in edits]


def enable_job(*, job: Job, by: User, now: datetime) -> Job:
    """Let the job be run."""
    return edit_job(job=job, changes={"enabled": True}, by=by, now=now)


@transaction.atomic
def delete_jobs(*, jobs: Iterable[Job], by: User, now: datetime) -> int:
    """Delete rows of jobs, with the hooks that start them; results and schedules stay without them.

    A class that is still there is found again when its file changes or the server starts: disabled, and gated if the
    deleted row was.
    """
    rows = list(Job.objects.select_for_update().filter(pk__in=[job.pk for job in jobs]))
    for row in rows:
        data = {"class_path": row.class_path}
        deleted = events.append(kind=Kind.JOB_DELETED, at=now, actor=by, subject=row, data=data)
        remember_gate(job=row, by=by, deleted=deleted, now=now)
        for hook in row.job_hooks.order_by("name"):  # they go with their receiver
            events.append(kind=Kind.JOB_HOOK_DELETED, at=now, actor=by, subject=hook, data=data)
    Job.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _edit(job: Job, changes: Mapping[str, Any], by: User, now: datetime) -> Job:
    row = Job.objects.select_for_update().filter(pk=job.pk).first()
    if row is None:
        raise Conflict("This job was deleted in the meantime.", code="job_deleted")
    _refuse_wrong_values(changes)
    before = {field: getattr(row, field) for field in [*sorted(EDITABLE), "gated"]}
    for field, value in changes.items():
        setattr(row, field, value)
    _drop_values_without_flag(row, before)
    follow_class(row)
    _refuse_wrong_row(row, before, changes)
    row.gated = row.gated or row.approval_required
    changed = {field: [old, getattr(row, field)] for field, old in before.items() if old != getattr(row, field)}
    row.last_updated = now
    row.save(update_fields=[*changed, "last_updated"])
    _tell(row, changed, by, now)
    return row


def _drop_values_without_flag(row: Job, before: Mapping[str, Any]) -> None:
    """A value sent without its flag is ignored; also where the class did not tell its value."""
    for field in OVERRIDABLE:
        if not getattr(row, f"{field}_override"):
            setattr(row, field, before[field])


def _refuse_wrong_values(changes: Mapping[str, Any]) -> None:
    wrong = {field: ["This field cannot be changed."] for field in changes if field not in EDITABLE}
    for field, length in LENGTHS.items():
        text = changes.get(field)
        if field in changes and (not isinstance(text, str) or not text.strip()):
            wrong[field] = ["This field may not be blank."]
        elif isinstance(text, str) and len(text) > length:
            wrong[field] = [f"Ensure this field has no more than {length} characters."]
        elif isinstance(text, str) and seen(text) != text:
            wrong[field] = ["This text has a character that nobody sees. Type it anew."]
    for field in ("soft_time_limit", "time_limit"):
        if not 0 <= changes.get(field, 0) < float("inf"):
            wrong[field] = ["Ensure this value is greater than or equal to 0."]
    if "task_queues" in changes and not _are_queues(changes["task_queues"]):
        wrong["task_queues"] = [f"Give a list of queue names of at most {LONGEST_QUEUE} characters each."]
    if wrong:
        raise Invalid(fields=wrong, code="job_values")


def _are_queues(queues: object) -> bool:
    return isinstance(queues, list) and all(isinstance(name, str) and 0 < len(name) <= LONGEST_QUEUE for name in queues)


def _refuse_wrong_row(row: Job, before: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    if fields := _fields_of_both_flags(row, before, changes):
        raise Invalid(fields={field: [BOTH_FLAGS] for field in fields}, code="job_sensitive_and_gated")
    if row.name_override and name_is_taken(row):
        raise Invalid(fields={"non_field_errors": [NAME_TAKEN]}, code="job_name_taken")
    if row.slug != before["slug"]:
        _refuse_wrong_slug(row)


def _fields_of_both_flags(row: Job, before: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """The fields to blame for a job with both flags; none if it had both before and nobody touched them."""
    if not (row.has_sensitive_variables and row.approval_required):
        return []
    both = ("approval_required", "has_sensitive_variables")
    touched = [field for field in both if field in changes or f"{field}_override" in changes]
    already = before["has_sensitive_variables"] and before["approval_required"]
    return touched or ([] if already else list(both))


def _refuse_wrong_slug(row: Job) -> None:
    if not re.fullmatch(r"[-a-zA-Z0-9_]+", row.slug):
        text = "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."
    elif row.slug in RESERVED_SLUGS:
        text = f"“{row.slug}” is the name of a page; choose another one."
    elif Job.objects.exclude(pk=row.pk).filter(slug=row.slug).exists():
        text = "job with this slug already exists."
    else:
        return
    raise Invalid(fields={"slug": [text]}, code="job_slug")


def _tell(row: Job, changed: dict[str, list[Any]], by: User, now: datetime) -> None:
    rest = {field: values for field, values in changed.items() if field not in ("enabled", "gated")}
    news: list[tuple[bool, Kind, dict[str, Any]]] = [
        ("enabled" in changed, Kind.JOB_ENABLED if row.enabled else Kind.JOB_DISABLED, {}),
        ("gated" in changed, Kind.JOB_GATED, {}),
        (bool(rest), Kind.JOB_EDITED, {"changes": rest}),
    ]
    first = None
    for is_so, kind, data in news:
        if is_so:
            told = events.append(kind=kind, at=now, actor=by, subject=row, data=data, part_of=first)
            first = first or told

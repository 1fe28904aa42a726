"""Making, changing and deleting job hooks."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from foureyes import events
from foureyes.errors import Invalid
from foureyes.hooks.rows import begin_to_watch, refuse_doubles, refuse_no_action, refuse_types, type_names
from foureyes.models import Job, JobHook
from foureyes.people.rows import assign, check, locked, unique
from foureyes.users.models import User

TAKEN = "job hook with this name already exists."
SLUG_LENGTH = 100


class JobHookChanges(TypedDict, total=False):
    """What can be changed of a job hook; what is not named stays."""

    name: str
    content_types: Iterable[ContentType]
    job: Job
    enabled: bool
    type_create: bool
    type_update: bool
    type_delete: bool


def create_job_hook(
    *,
    name: str,
    content_types: Iterable[ContentType],
    job: Job,
    enabled: bool = True,
    type_create: bool = False,
    type_update: bool = False,
    type_delete: bool = False,
    by: User,
    now: datetime,
) -> JobHook:
    """Store a hook, which watches from now on.

    Refuses a job that is no receiver, types that cannot be watched, no action at all, and what another hook does.
    """
    types = list(content_types)
    row = JobHook(
        name=name,
        job=job,
        enabled=enabled,
        type_create=type_create,
        type_update=type_update,
        type_delete=type_delete,
        watches_since=now,
        created=now.date(),
        last_updated=now,
    )
    with unique("name", TAKEN), transaction.atomic():
        row.slug = _free_slug(name)
        _refuse(row, types)
        row.save(force_insert=True)
        row.content_types.set(types)
        events.append(kind=events.Kind.JOB_HOOK_CREATED, at=now, actor=by, subject=row, data=_about(row, types))
    return row


def edit_job_hook(*, hook: JobHook, changes: JobHookChanges, by: User, now: datetime) -> JobHook:
    """Change a hook; refuses what `create_job_hook` refuses. One that is enabled again begins to watch now."""
    values: dict[str, Any] = dict(changes)
    with unique("name", TAKEN), transaction.atomic():
        row = locked(hook)
        before = list(row.content_types.all())
        types = list(values.pop("content_types", before))
        was_enabled = row.enabled
        changed = assign(row, values)
        _refuse(row, types)
        begin_to_watch(row, was_enabled=was_enabled, now=now)
        if type_names(types) != type_names(before):
            changed["content_types"] = [type_names(before), type_names(types)]
            row.content_types.set(types)
        row.last_updated = now
        row.save(update_fields=[*values, "watches_since", "last_updated"])
        if changed:
            told = {field: [str(value) for value in pair] for field, pair in changed.items()}
            data = {"changed": told}
            events.append(kind=events.Kind.JOB_HOOK_EDITED, at=now, actor=by, subject=row, data=data)
    return row


def delete_job_hook(*, hook: JobHook, by: User, now: datetime) -> None:
    """Delete a hook; its runs stay."""
    with transaction.atomic():
        row = locked(hook)
        data = _about(row, row.content_types.all())
        events.append(kind=events.Kind.JOB_HOOK_DELETED, at=now, actor=by, subject=row, data=data)
        row.delete()


def _refuse(row: JobHook, types: list[ContentType]) -> None:
    refuse_no_action(row)
    check(row)
    refuse_types(types)
    if not Job.objects.filter(pk=row.job_id, is_job_hook_receiver=True).exists():
        text = f'Invalid pk "{row.job.pk}" - object does not exist.'
        raise Invalid(code="hook_job", fields={"job": [text]})
    sentence = f"A job hook already exists for {{action}} on {{type}} to job {row.job}"
    refuse_doubles(row, types, same={"job": row.job}, sentence=sentence)


def _about(row: JobHook, types: Iterable[ContentType]) -> dict[str, Any]:
    return {"job": row.job.class_path, "content_types": type_names(types)}


def _free_slug(name: str) -> str:
    base = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")[: SLUG_LENGTH - 8] or "hook"
    slug, number = base, 1
    while JobHook.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{base}-{number}"
    return slug

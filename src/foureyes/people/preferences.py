"""A person's own settings of the pages: free JSON, merged key by key."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from foureyes import events
from foureyes.errors import Invalid
from foureyes.people.rows import locked
from foureyes.users.models import User

MAX_LENGTH = 65_536
MAX_DEPTH = 20
UNSTORABLE = {"\x00", *map(chr, range(0xD800, 0xE000))}  # PostgreSQL refuses them in JSON, and so no answer has them


def change_preferences(*, user: User, changes: Any, now: datetime) -> User:
    """Merge an object into the user's preferences: objects within it key by key, everything else replaced."""
    if not isinstance(changes, dict):
        raise _invalid("Preferences are an object.")
    if any(character in UNSTORABLE for text in _texts(changes, depth=0) for character in text):
        raise _invalid("Texts contain no null characters and no halves of surrogate pairs.")
    with transaction.atomic():
        row = locked(user)
        row.config_data = _merged(row.config_data, changes)
        if len(json.dumps(row.config_data)) > MAX_LENGTH:
            raise _invalid(f"Preferences have at most {MAX_LENGTH} characters.")
        row.save(update_fields=["config_data"])
        data = {"preferences": sorted(changes)}
        events.append(kind=events.Kind.USER_EDITED, at=now, actor=row, subject=row, data=data)
    return row


def starred_jobs(user: User) -> set[str]:
    """The ids of the jobs that a person has starred."""
    pages = user.config_data.get("pages") if isinstance(user.config_data, dict) else None
    stars = pages.get("stars") if isinstance(pages, dict) else None
    return {key for key, on in stars.items() if on is True} if isinstance(stars, dict) else set()


def star_job(*, user: User, job_id: UUID, on: bool, now: datetime) -> None:
    """Star a job, or take the star away."""
    change_preferences(user=user, changes={"pages": {"stars": {str(job_id): on}}}, now=now)


def _texts(value: Any, *, depth: int) -> Iterator[str]:
    """All texts within, keys included."""
    if depth > MAX_DEPTH:
        raise _invalid(f"Preferences are nested at most {MAX_DEPTH} levels deep.")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth=depth + 1)


def _merged(before: Any, changes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
    for key, value in changes.items():
        found[key] = _merged(found.get(key), value) if isinstance(value, dict) else value
    return found


def _invalid(sentence: str) -> Invalid:
    return Invalid(code="preferences_invalid", fields={"non_field_errors": [sentence]})

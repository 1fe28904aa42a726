"""Appends facts. It reads nothing and decides nothing; sealing is a step of its own."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Model
from django.db.transaction import TransactionManagementError

from foureyes.events.changes import action_of
from foureyes.events.kinds import Kind
from foureyes.events.origin import current_origin
from foureyes.models import Event
from foureyes.models.bulk import insert_rows
from foureyes.sandbox.changes import fields_of
from foureyes.users.models import User

Subject = Model | tuple[str, object, str]
TEXT_LENGTH = 200
ROWS_PER_STATEMENT = 500
COLUMNS = [field.name for field in Event._meta.concrete_fields]


def fact(
    *,
    kind: Kind,
    at: datetime,
    actor: User | None = None,
    subject: Subject | None = None,
    data: Mapping[str, Any] | None = None,
    request_id: UUID | None = None,
    fields: Mapping[str, Any] | None = None,
    part_of: Event | None = None,
) -> Event:
    """A fact that is not stored yet. `subject` is a row, or (type, id, text) where the row is gone.

    Of a change the fields of the subject are kept: `fields` where the subject is told by a triple. A fact that is
    `part_of` a change that another one tells is none of its own: whoever waits for changes hears of each once.
    """
    subject_type, subject_id, subject_text = _describe(subject)
    action = "" if part_of else action_of(Kind(kind))
    return Event(
        kind=Kind(kind),
        at=at,
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        subject_type=subject_type,
        subject_id=subject_id,
        subject_text=subject_text[:TEXT_LENGTH],
        action=action,
        request_id=request_id or current_origin().request_id,
        data=_plain(data or {}),
        object_data=_fields(subject, fields) if action else None,
    )


def append(
    *,
    kind: Kind,
    at: datetime,
    actor: User | None = None,
    subject: Subject | None = None,
    data: Mapping[str, Any] | None = None,
    request_id: UUID | None = None,
    fields: Mapping[str, Any] | None = None,
    part_of: Event | None = None,
) -> Event:
    """Store one fact in the transaction of what it tells; outside of a transaction it is an error of the caller."""
    event = fact(
        kind=kind, at=at, actor=actor, subject=subject, data=data, request_id=request_id, fields=fields, part_of=part_of
    )
    demand_transaction()
    event.save(force_insert=True)
    return event


def append_many(facts: Iterable[Event]) -> list[Event]:
    """Store many facts (see `fact`) in their order, under the same condition."""
    demand_transaction()
    events = list(facts)
    for start in range(0, len(events), ROWS_PER_STATEMENT):
        batch = events[start : start + ROWS_PER_STATEMENT]
        insert_rows(Event, {name: [getattr(event, name) for event in batch] for name in COLUMNS})
    return events


def demand_transaction() -> None:
    """Refuses, as an error of the caller, to append outside of a transaction."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("A fact is appended in the transaction of what it tells; there is none.")


def _describe(subject: Subject | None) -> tuple[str, str, str]:
    if subject is None:
        return "", "", ""
    if isinstance(subject, Model):
        return subject._meta.label_lower, str(subject.pk), str(subject)
    subject_type, subject_id, text = subject
    return subject_type, str(subject_id), text


def _fields(subject: Subject | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is not None:
        return dict(given)
    return fields_of(subject) if isinstance(subject, Model) else None


def _plain(data: Mapping[str, Any]) -> Any:
    """As JSON stores it: instants, ids and decimals as text. What cannot be stored fails here, not at the save."""
    return json.loads(json.dumps(dict(data), cls=DjangoJSONEncoder))

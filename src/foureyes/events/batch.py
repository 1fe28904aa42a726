"""Appends many facts of one kind at once, for batches in which the facts of `append` would take most of the time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from foureyes.events.append import TEXT_LENGTH, demand_transaction
from foureyes.events.changes import action_of
from foureyes.events.kinds import Kind
from foureyes.models import Event
from foureyes.models.bulk import insert_rows
from foureyes.users.ids import uuid7
from foureyes.users.models import User


class Line(NamedTuple):
    """What differs between facts of one kind: who, about what, and the rest."""

    actor: User | None
    subject_id: UUID
    subject_text: str
    data: Mapping[str, Any]


def append_batch(*, kind: Kind, at: datetime, subject_type: str, lines: Sequence[Line]) -> None:
    """Store a fact for each line, in their order, in the transaction of what they tell."""
    demand_transaction()
    if not lines:
        return
    insert_rows(
        Event,
        {
            "id": [uuid7() for _ in lines],
            "actor_id": [line.actor.pk if line.actor else None for line in lines],
            "actor_name": [line.actor.get_username() if line.actor else "" for line in lines],
            "subject_id": [str(line.subject_id) for line in lines],
            "subject_text": [line.subject_text[:TEXT_LENGTH] for line in lines],
            "data": [line.data for line in lines],
        },
        same={"kind": kind.value, "at": at, "subject_type": subject_type, "action": action_of(kind), "hash": ""},
    )

"""What a webhook tells of a change: the keys of the 1.x server."""

from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError

from foureyes.models import Event, ObjectChange
from foureyes.sandbox.changes import fields_of

WORDS = {Event.Action.CREATE: "created", Event.Action.UPDATE: "updated", Event.Action.DELETE: "deleted"}


def message_of(fact: Event) -> dict[str, Any]:
    """The message about one change. The fields of a run are read now, because facts about runs do not keep them."""
    change = ObjectChange.objects.get(pk=fact.pk)
    if change.object_data is None and change.action != Event.Action.DELETE:
        change.object_data = _present(fact)
    return {
        "event": WORDS[Event.Action(fact.action)],
        "timestamp": fact.at.isoformat(),
        "model": fact.subject_type.partition(".")[2],
        "username": fact.actor_name,
        "request_id": str(change.request_id),
        "data": {"id": fact.subject_id, **(change.object_data or {})},
        "snapshots": change.get_snapshots(),
        "kind": fact.kind,
    }


def _present(fact: Event) -> dict[str, Any] | None:
    try:
        row = apps.get_model(fact.subject_type)._default_manager.filter(pk=fact.subject_id).first()
    except (LookupError, ValueError, ValidationError):
        return None
    return fields_of(row) if row is not None else None

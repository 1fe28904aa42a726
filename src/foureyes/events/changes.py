"""Which facts are changes of their subject, and the fields of the subject that a change keeps.

A fact that is a change starts hooks, is told by webhooks and is an object change of the 1.x API.
"""

from typing import Any

from django.db.models import BinaryField, Model

from foureyes.events.kinds import Kind
from foureyes.models import Event
from foureyes.sandbox.text import jsonable

Action = Event.Action
# Subjects whose facts are changes. Requests for approval and workers have facts, but no 1.x form.
SUBJECTS = frozenset(
    {"job", "run", "schedule", "user", "group", "permission", "token", "job_hook", "webhook", "object"}
)
CREATING = frozenset({"created", "discovered", "issued"})
DELETING = frozenset({"deleted", "hidden"})
# What concerns an instant of a schedule, or a hook that could not run, changes nothing of the subject itself.
NO_CHANGE = frozenset({Kind.SCHEDULE_REFUSED, Kind.SCHEDULE_HELD, Kind.JOB_HOOK_REFUSED})
SECRET_FIELDS = frozenset({"password", "digest"})


def action_of(kind: Kind) -> str:
    """What happened to the subject of such a fact; empty if nothing did."""
    subject, _, what = kind.value.partition(".")
    if subject not in SUBJECTS or kind in NO_CHANGE:
        return ""
    if what in CREATING:
        return Action.CREATE.value
    return (Action.DELETE if what in DELETING else Action.UPDATE).value


def fields_of(row: Model) -> dict[str, Any]:
    """The fields of a row as JSON, relations by key; secrets are left out."""
    fields: dict[str, Any] = {
        field.name: jsonable(field.value_from_object(row))
        for field in row._meta.concrete_fields
        if not isinstance(field, BinaryField) and field.name not in SECRET_FIELDS and not field.primary_key
    }
    if row.pk is not None:
        for relation in row._meta.many_to_many:
            fields[relation.name] = [jsonable(key) for key in _keys(row, relation.name)]
    return fields


def _keys(row: Model, relation: str) -> list[Any]:
    return list(getattr(row, relation).order_by("pk").values_list("pk", flat=True))

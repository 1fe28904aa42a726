"""What the operations on job hooks and webhooks share: their types, and that no two of them do the same."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType

from foureyes.errors import Invalid
from foureyes.hooks.types import is_watchable
from foureyes.models import JobHook, Webhook

Hook = TypeVar("Hook", JobHook, Webhook)
TYPES = {"type_create": "create", "type_update": "update", "type_delete": "delete"}
NOTHING = "You must select at least one type: create, update, and/or delete."


def refuse_types(content_types: Iterable[ContentType]) -> None:
    """Refuses as Invalid what cannot be watched, and that nothing is."""
    types = list(content_types)
    wrong = [f"Invalid content type: {one.app_label}.{one.model}" for one in types if not is_watchable(one)]
    if wrong or not types:
        raise Invalid(code="hook_types", fields={"content_types": wrong or ["This list may not be empty."]})


def refuse_no_action(row: JobHook | Webhook) -> None:
    """Refuses as Invalid one that waits for nothing."""
    if not any(getattr(row, name) for name in TYPES):
        raise Invalid(code="hook_without_action", fields={"__all__": [NOTHING]})


def refuse_doubles(
    row: JobHook | Webhook, content_types: Iterable[ContentType], *, same: Mapping[str, Any], sentence: str
) -> None:
    """Refuses as Invalid if another one with `same` has a type and an action in common with it.

    `sentence` takes the action and the type.
    """
    fields: dict[str, list[str]] = {}
    types = list(content_types)
    others = type(row)._default_manager.filter(**same).exclude(pk=row.pk)
    for field, action in TYPES.items():
        if not getattr(row, field):
            continue
        taken = [
            sentence.format(action=action, type=_shown(one))
            for one in types
            if others.filter(content_types=one, **{field: True}).exists()
        ]
        if taken:
            fields[field] = taken
    if fields:
        raise Invalid(code="hook_doubled", fields=fields)


def begin_to_watch(row: JobHook | Webhook, *, was_enabled: bool, now: datetime) -> None:
    """What happened before it was made or enabled is not its business."""
    if row.enabled and not was_enabled:
        row.watches_since = now


def type_names(content_types: Iterable[ContentType]) -> list[str]:
    """`app.model` of each."""
    return sorted(f"{one.app_label}.{one.model}" for one in content_types)


def _shown(content_type: ContentType) -> str:
    """As 1.x says it: `extras | job hook`."""
    return f"{content_type.app_label} | {content_type.name}"

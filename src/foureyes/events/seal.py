"""Seals facts: gives each its place in the one order, and the hash over its content and its predecessor's hash.

Facts are appended by many at once, and which of them are there is known only after their commits; so the order is made
afterwards, by whoever holds the one row that says where it ends. What reads the facts in order, hooks for example, can
rely on it: nothing ever appears before what is sealed.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F

from foureyes.models import Event, SystemValue
from foureyes.models.bulk import update_rows

END = "events.sealed"
BATCH = 500
FIRST = {"sequence": 0, "hash": ""}
CONTENT = (
    "id",
    "kind",
    "at",
    "actor_id",
    "actor_name",
    "subject_type",
    "subject_id",
    "subject_text",
    "action",
    "request_id",
    "data",
    "object_data",
)


def seal(*, limit: int = BATCH) -> int:
    """Seal the oldest facts that are not yet, at most `limit`; gives how many. Several may try, one at a time does."""
    if not Event.objects.filter(sequence__isnull=True).exists():
        return 0
    SystemValue.objects.get_or_create(name=END, defaults={"value": FIRST})
    with transaction.atomic():
        end = SystemValue.objects.select_for_update().get(name=END)
        rows = list(Event.objects.filter(sequence__isnull=True).order_by(F("id"))[:limit])
        if not rows:
            return 0
        sequence, previous = end.value["sequence"], end.value["hash"]
        hashes = []
        for row in rows:
            previous = hash_of(row, previous=previous)
            hashes.append(previous)
        numbers = range(sequence + 1, sequence + 1 + len(rows))
        update_rows(Event, [row.pk for row in rows], {"sequence": list(numbers), "hash": hashes})
        end.value = {"sequence": numbers[-1], "hash": previous}
        end.save(update_fields=["value"])
    return len(rows)


def hash_of(event: Event, *, previous: str) -> str:
    """SHA-256 over the predecessor's hash and the content, as JSON with sorted keys."""
    content: dict[str, Any] = {name: _plain(getattr(event, name)) for name in CONTENT}
    text = json.dumps([previous, content], sort_keys=True, cls=DjangoJSONEncoder, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """An instant in UTC and in full: the databases give it back in forms of their own."""
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value

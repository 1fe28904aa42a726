"""Records changes of objects of other apps: nobody calls an operation of ours for them, so Django's signals tell.

What happens to one object in one transaction is one change. A change without a transaction is recorded right after it.
"""

from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from foureyes.events.append import TEXT_LENGTH, append
from foureyes.events.kinds import Kind
from foureyes.events.origin import current_origin
from foureyes.models import Event
from foureyes.sandbox.changes import CREATE, DELETE, UPDATE, Changed, combined, is_of_other_app, watch
from foureyes.users.models import User

KINDS = {CREATE: Kind.OBJECT_CREATED, UPDATE: Kind.OBJECT_EDITED, DELETE: Kind.OBJECT_DELETED}
MEMO = "_foureyes_changes"


def watch_other_apps() -> None:
    """From now on, in this process."""
    watch(record_now, watched=is_of_other_app)


def record_now(changed: Changed) -> None:
    """Record a change at this moment; who acts is known inside of `events.acting`."""
    # The save of another app has read no clock that could be handed down.
    now = datetime.now(UTC)  # noqa: TID251
    with transaction.atomic():
        told = _told_before(changed)
        if told is None:
            _remember(changed, record(changed=changed, by=current_origin().user, at=now))
        elif action := combined(told.action, changed.action):
            told.kind, told.action = KINDS[action].value, action
            told.subject_text, told.object_data = changed.text[:TEXT_LENGTH], changed.fields
            told.save(update_fields=["kind", "action", "subject_text", "object_data"])
        else:
            told.delete()


def record(*, changed: Changed, by: User | None, at: datetime, data: dict[str, Any] | None = None) -> Event:
    """Append the fact."""
    subject = (changed.model, changed.key, changed.text)
    return append(kind=KINDS[changed.action], at=at, actor=by, subject=subject, data=data, fields=changed.fields)


def _told_before(changed: Changed) -> Event | None:
    """The fact about the same object in the same transaction, which nobody else can see yet."""
    key = _memo().get((changed.model, changed.key))
    return Event.objects.filter(pk=key, sequence__isnull=True).first() if key else None


def _remember(changed: Changed, event: Event) -> None:
    """Until the commit. After a rollback the fact is gone, and so it is not found."""
    memo = _memo()
    transaction.on_commit(memo.clear)
    memo[changed.model, changed.key] = event.pk


def _memo() -> dict[tuple[str, str], Any]:
    memo: dict[tuple[str, str], Any] = connection.__dict__.setdefault(MEMO, {})
    return memo

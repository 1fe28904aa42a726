"""Making, renaming and deleting groups."""

from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from foureyes import events
from foureyes.people.rows import assign, check, locked, unique
from foureyes.users.models import User

TAKEN = "group with this name already exists."


def create_group(*, name: str, by: User | None, now: datetime) -> Group:
    """Store a group without members; refuses a taken name."""
    group = Group(name=name)
    with unique("name", TAKEN), transaction.atomic():
        check(group)
        group.save(force_insert=True)
        events.append(kind=events.Kind.GROUP_CREATED, at=now, actor=by, subject=group)
    return group


def rename_group(*, group: Group, name: str, by: User | None, now: datetime) -> Group:
    """Give a group another name; refuses a taken one."""
    with unique("name", TAKEN), transaction.atomic():
        row = locked(group)
        changed = assign(row, {"name": name})
        check(row)
        row.save(update_fields=["name"])
        if changed:
            data = {"changed": changed}
            events.append(kind=events.Kind.GROUP_EDITED, at=now, actor=by, subject=row, data=data)
    return row


def delete_group(*, group: Group, by: User | None, now: datetime) -> None:
    """Delete a group; its members lose what it gave them."""
    with transaction.atomic():
        row = locked(group)
        data = {
            "members": list(row.user_set.order_by("username").values_list("username", flat=True)),
            "permissions": list(row.object_permissions.order_by("name").values_list("name", flat=True)),
        }
        events.append(kind=events.Kind.GROUP_DELETED, at=now, actor=by, subject=row, data=data)
        row.delete()

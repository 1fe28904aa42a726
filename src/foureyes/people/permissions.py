"""Making, changing and deleting object permissions."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypedDict

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model

from foureyes import events
from foureyes.errors import Invalid
from foureyes.people.rows import assign, check, locked
from foureyes.users import constraints as limits
from foureyes.users.models import ObjectPermission, User

ACTION_LENGTH = 30
COLUMNS = ("name", "description", "enabled", "actions", "constraints")


class PermissionChanges(TypedDict, total=False):
    """What can be changed of a permission; what is not named stays."""

    name: str
    description: str
    enabled: bool
    object_types: Sequence[ContentType]
    actions: Sequence[str]
    constraints: Any
    users: Iterable[User]
    groups: Iterable[Group]


def create_permission(
    *,
    name: str,
    object_types: Sequence[ContentType],
    actions: Sequence[str],
    constraints: Any = None,
    description: str = "",
    enabled: bool = True,
    users: Iterable[User] = (),
    groups: Iterable[Group] = (),
    by: User | None,
    now: datetime,
) -> ObjectPermission:
    """Store a permission; refuses missing actions and types, and constraints that one of the types cannot hold."""
    permission = ObjectPermission(
        name=name, description=description, enabled=enabled, actions=list(actions), constraints=constraints
    )
    _check_actions(actions)
    _check_types(object_types, constraints)
    with transaction.atomic():
        check(permission, except_for=("actions", "constraints"))
        permission.save(force_insert=True)
        _relate(permission, object_types=object_types, users=users, groups=groups)
        data = _content(permission)
        events.append(kind=events.Kind.PERMISSION_CREATED, at=now, actor=by, subject=permission, data=data)
    return permission


def edit_permission(
    *, permission: ObjectPermission, changes: PermissionChanges, by: User | None, now: datetime
) -> ObjectPermission:
    """Change a permission under the rules of its creation. Records what it was and is."""
    relations: dict[str, Any] = {name: value for name, value in changes.items() if name not in COLUMNS}
    with transaction.atomic():
        row = locked(permission)
        before = _content(row)
        assign(row, {name: value for name, value in changes.items() if name in COLUMNS})
        if "actions" in changes:
            _check_actions(row.actions)
        if "constraints" in changes or "object_types" in changes:
            # Only then: a permission with broken constraints from older data can still be renamed or switched off.
            _check_types(changes.get("object_types", row.object_types.all()), row.constraints)
        check(row, except_for=("actions", "constraints"))
        row.save(update_fields=COLUMNS)
        _relate(row, **relations)
        after = _content(row)
        changed = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
        if changed:
            data = {"changed": changed}
            events.append(kind=events.Kind.PERMISSION_EDITED, at=now, actor=by, subject=row, data=data)
    return row


def delete_permission(*, permission: ObjectPermission, by: User | None, now: datetime) -> None:
    """Delete a permission; its users and groups lose what it gave them."""
    with transaction.atomic():
        row = locked(permission)
        events.append(kind=events.Kind.PERMISSION_DELETED, at=now, actor=by, subject=row, data=_content(row))
        row.delete()


def _check_actions(actions: Sequence[str]) -> None:
    if not actions:
        raise Invalid(code="actions_missing", fields={"actions": ["This field cannot be blank."]})
    if not all(isinstance(action, str) and 0 < len(action) <= ACTION_LENGTH for action in actions):
        sentence = f"Actions are words of at most {ACTION_LENGTH} characters, such as view or run."
        raise Invalid(code="actions_invalid", fields={"actions": [sentence]})


def _check_types(object_types: Iterable[ContentType], constraints: Any) -> None:
    models: list[type[Model]] = []
    for object_type in object_types:
        model = object_type.model_class()
        if model is None:
            sentence = f"Invalid content type: {object_type.app_label}.{object_type.model}"
            raise Invalid(code="object_type_unknown", fields={"object_types": [sentence]})
        models.append(model)
    if not models:
        raise Invalid(code="object_types_missing", fields={"object_types": ["This list may not be empty."]})
    limits.validate(constraints, models=models)


def _relate(permission: ObjectPermission, **relations: Iterable[Any]) -> None:
    for name, rows in relations.items():
        getattr(permission, name).set(rows)


def _content(permission: ObjectPermission) -> dict[str, Any]:
    """Everything that a reader of the audit trail needs to know what the permission opened, and for whom."""
    types = permission.object_types.order_by("app_label", "model")
    return {
        **{column: getattr(permission, column) for column in COLUMNS},
        "object_types": [f"{each.app_label}.{each.model}" for each in types],
        "users": list(permission.users.order_by("username").values_list("username", flat=True)),
        "groups": list(permission.groups.order_by("name").values_list("name", flat=True)),
    }

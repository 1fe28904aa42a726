"""Notices that objects of other apps change, by the signals of Django, and what they look like then.

Our own objects are changed by operations, which tell it themselves. Groups are ours in the server, and anybody's in a
job.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BinaryField, Model
from django.db.models.signals import m2m_changed, post_delete, post_save

from foureyes.sandbox.text import cut, jsonable, shown

# Apps of the framework and of signing in: nothing that jobs or others outside should hear of.
UNWATCHED_APPS = frozenset(
    {
        "account",
        "admin",
        "auth",
        "authtoken",
        "contenttypes",
        "extras",
        "mfa",
        "migrations",
        "sessions",
        "sites",
        "socialaccount",
        "users",
        "usersessions",
    }
)
SECRET_FIELDS = frozenset({"password", "digest"})
DONE = frozenset({"post_add", "post_remove", "post_clear"})
CREATE, UPDATE, DELETE = "create", "update", "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One object after its change; after a deletion as it was."""

    action: str
    model: str
    key: str
    text: str
    fields: dict[str, Any]


Notice = Callable[[Changed], None]


class Collected:
    """The changes of one transaction, each object once, at most so many."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._by_object: dict[tuple[str, str], Changed] = {}
        self.left_out = 0

    def add(self, changed: Changed) -> None:
        """One more."""
        key = (changed.model, changed.key)
        before = self._by_object.pop(key, None)
        action = combined(before.action, changed.action) if before else changed.action
        if action and len(self._by_object) < self._most:
            self._by_object[key] = replace(changed, action=action)
        elif action:
            self.left_out += 1

    def all(self) -> list[Changed]:
        """In the order of their last changes."""
        return list(self._by_object.values())


def is_of_other_app(model: type[Model]) -> bool:
    """Is it a model of an app that is not ours and not the framework's?"""
    options = model._meta
    if model.__module__ == "__fake__":  # as a migration sees it: perhaps before the tables that would tell of it
        return False
    return options.app_label not in UNWATCHED_APPS and not options.auto_created and options.managed


def is_open_to_jobs(model: type[Model]) -> bool:
    """Is it a model whose rows a job with a database may change, and others may hear of?"""
    return is_of_other_app(model) or model._meta.label_lower == "auth.group"


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


def combined(before: str, now: str) -> str | None:
    """Two changes of one object in one transaction as one; None if nothing is left of them."""
    if before == CREATE:
        return None if now == DELETE else CREATE
    if before == DELETE:
        return UPDATE
    return now


def watch(notice: Notice, *, watched: Callable[[type[Model]], bool]) -> Callable[[], None]:
    """Tell `notice` of each change of an object whose model is `watched`. Gives what ends it."""

    def saved(sender: type[Model], instance: Model, created: bool, raw: bool, **_: Any) -> None:
        if watched(sender) and not raw:
            notice(_changed(CREATE if created else UPDATE, instance))

    def deleted(sender: type[Model], instance: Model, **_: Any) -> None:
        if watched(sender):
            notice(_changed(DELETE, instance))

    def related(instance: Any, action: str, reverse: bool, **_: Any) -> None:
        if action in DONE and not reverse and watched(type(instance)):
            notice(_changed(UPDATE, instance))

    pairs: list[tuple[Any, Any]] = [(post_save, saved), (post_delete, deleted), (m2m_changed, related)]
    for signal, function in pairs:
        signal.connect(function, weak=False, dispatch_uid=f"foureyes.{function.__name__}")

    def end() -> None:
        for signal, function in pairs:
            signal.disconnect(dispatch_uid=f"foureyes.{function.__name__}")

    return end


def _changed(action: str, row: Model) -> Changed:
    return Changed(
        action=action,
        model=row._meta.label_lower,
        key=str(row.pk),
        text=cut(shown(row), 200),
        fields=fields_of(row),
    )


def _keys(row: Model, relation: str) -> list[Any]:
    return list(getattr(row, relation).order_by("pk").values_list("pk", flat=True))

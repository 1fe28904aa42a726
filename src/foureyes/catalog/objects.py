"""Finds the rows that object variables name, by primary key or by a lookup, and makes the copies that jobs receive.

A person who may run a job may name any row in its inputs, as on the 1.x server. What must stay secret from everybody
can neither be looked up nor copied.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import DataError
from django.db.models import BinaryField, Field, ForeignKey, Model, UUIDField

from foureyes.jobs.variables import VariableError
from foureyes.models import ObjectChange
from foureyes.sandbox.protocol import SnapshotFields
from foureyes.sandbox.text import cut, jsonable, shown

SECRET_MODELS = frozenset({"sessions.session", "users.token"})
SECRET_FIELDS = frozenset({("users.user", "password")})
LOOKUPS_OF_TEXT = {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"}
LOOKUPS = frozenset({"exact", "in", "isnull", "gt", "gte", "lt", "lte", *LOOKUPS_OF_TEXT})
LOOKUPS_OF_RELATIONS = frozenset({"exact", "in", "isnull"})
AT_A_TIME = 500
Key = int | str


class NotAKeyError(VariableError):
    """What was given as a primary key has not the form of one. The 1.x server words this one apart."""


def find_row(*, model_name: str, value: Any) -> Key:
    """The primary key of the one row that a primary key or an object of lookups names."""
    model = model_of(model_name)
    if isinstance(value, Mapping):
        return _find_by_lookups(model, value)
    return find_rows(model_name=model_name, values=[value])[0]


def find_rows(*, model_name: str, values: Sequence[Any]) -> list[Key]:
    """The primary keys, in the order given and each once; every row must be there."""
    model = model_of(model_name)
    keys = list(dict.fromkeys(_key(model, value) for value in values))
    present = {json_key(row.pk) for row in _rows(model, keys, only_keys=True)}
    missing = [str(key) for key in keys if key not in present]
    if missing:
        raise VariableError(cut(f"There is no {model._meta.verbose_name} with the id {' or '.join(missing)}.", 300))
    return keys


def copies(*, model_name: str, keys: Sequence[Key]) -> list[SnapshotFields]:
    """What a job without database receives: the rows with their fields, and what they point at. None may miss."""
    model = model_of(model_name)
    found = {json_key(row.pk): _copy(row, depth=1) for row in _rows(model, keys, only_keys=False)}
    missing = [str(key) for key in keys if key not in found]
    if missing:
        raise VariableError(cut(f"No longer there: {model._meta.verbose_name} {', '.join(missing)}.", 300))
    return [found[key] for key in keys]


def model_of(name: str) -> type[Model]:
    """The model of that name, if jobs may have its rows."""
    try:
        model = apps.get_model(name)
    except (LookupError, ValueError):
        raise VariableError(f"There are no objects of the type “{name}” here.") from None
    if not _may_be_given(model):
        raise VariableError(f"Objects of the type “{name}” are not given to jobs.")
    return model


def _may_be_given(model: type[Model]) -> bool:
    return model._meta.label_lower not in SECRET_MODELS


def _key(model: type[Model], value: Any) -> Key:
    field = model._meta.pk
    try:
        return json_key(field.to_python(value))
    except ValidationError as error:
        kind = NotAKeyError if isinstance(field, UUIDField) else VariableError
        raise kind(*error.messages) from None


def json_key(key: Any) -> Key:
    """A primary key as inputs hold it."""
    return key if isinstance(key, int) else str(key)


def _rows(model: type[Model], keys: Sequence[Key], *, only_keys: bool) -> Iterator[Model]:
    keys = [key for key in keys if isinstance(key, str) or is_stored_integer(key)]
    rows = model._default_manager.only("pk") if only_keys else model._default_manager.select_related(*_relations(model))
    for start in range(0, len(keys), AT_A_TIME):
        yield from rows.filter(pk__in=keys[start : start + AT_A_TIME])


def _find_by_lookups(model: type[Model], lookups: Mapping[str, Any]) -> Key:
    noun = model._meta.verbose_name
    wrong = [lookup for lookup, value in lookups.items() if not _is_allowed(model, lookup, value)]
    if wrong:
        raise VariableError(cut(f"A {noun} cannot be looked up by {', '.join(wrong)} with this value.", 300))
    try:
        keys = list(model._default_manager.filter(**lookups).values_list("pk", flat=True)[:2])
    except (FieldError, ValidationError, ValueError, TypeError, DataError):
        raise VariableError(f"A value of this lookup does not fit a {noun}.") from None
    if len(keys) != 1:
        raise VariableError(f"{'Several' if keys else 'No'} {model._meta.verbose_name_plural} fit this lookup.")
    return json_key(keys[0])


def _is_allowed(model: type[Model], lookup: str, value: Any) -> bool:
    """Columns of the model itself with an ordinary comparison: no way through relations, no way to secrets."""
    name, _, comparison = lookup.partition("__")
    try:
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    if not isinstance(field, Field) or field.many_to_many or is_secret(field):
        return False
    allowed = LOOKUPS_OF_RELATIONS if field.is_relation else LOOKUPS
    values = value if comparison == "in" and isinstance(value, list) else [value]
    return (comparison or "exact") in allowed and all(_is_plain(one) for one in values)


def _is_plain(value: Any) -> bool:
    if isinstance(value, int):
        return is_stored_integer(value)
    return value is None or isinstance(value, float) or (isinstance(value, str) and "\0" not in value)


def is_stored_integer(value: int) -> bool:
    """SQLite has no larger ones and fails on them."""
    return -(2**63) <= value < 2**63


def is_secret(field: "Field[Any, Any]") -> bool:
    """Whether nobody may look for it or read it."""
    return isinstance(field, BinaryField) or (field.model._meta.label_lower, field.name) in SECRET_FIELDS


def _relations(model: type[Model]) -> list[str]:
    fields = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    return [field.name for field in fields if _may_be_copied(field)]


def _may_be_copied(field: "ForeignKey[Any, Any]") -> bool:
    target = field.related_model
    return isinstance(target, type) and target._meta.label_lower not in SECRET_MODELS


def _copy(row: Model, *, depth: int) -> SnapshotFields:
    fields: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if is_secret(field):
            continue
        fields[field.attname] = jsonable(getattr(row, field.attname))
        if isinstance(field, ForeignKey) and depth and _may_be_copied(field):
            other = getattr(row, field.name)
            fields[field.name] = _copy(other, depth=depth - 1) if other else None
    if isinstance(row, ObjectChange) and depth:
        target = row.changed_object
        fields["changed_object"] = _copy(target, depth=0) if target and _may_be_given(type(target)) else None
        fields["snapshots"] = row.get_snapshots()
    return {
        "model": row._meta.label_lower,
        "pk": json_key(row.pk),
        "display": shown(row),
        "url": _url(row),
        "fields": fields,
    }


def _url(row: Model) -> str | None:
    find = getattr(row, "get_absolute_url", None)
    return str(find()) if find else None

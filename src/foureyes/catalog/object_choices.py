"""Which rows an object variable offers to a person: those they may view, narrowed as the author asks and searched.

`query_params` are those of 1.x: parameters of its REST filters by the fields of the model, lists for several values,
and `$name` for what another variable of the form holds at the moment. They narrow what is offered, as there, and say
nothing about what may be given.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, CharField, Field, Model, Q, QuerySet, TextField

from foureyes.catalog.objects import Key, is_secret, is_stored_integer, json_key, model_of
from foureyes.jobs.variables import VariableError
from foureyes.sandbox.text import shown
from foureyes.users.models import User
from foureyes.users.permissions import restrict

LOOKUPS = {  # the endings of 1.x; with an `n` before them they say what is left out
    "": "exact",
    "ie": "iexact",
    "ic": "icontains",
    "isw": "istartswith",
    "iew": "iendswith",
    "lt": "lt",
    "lte": "lte",
    "gt": "gt",
    "gte": "gte",
}
NATURAL = ("slug", "name", "username")  # by which 1.x names what a relation points at
NOTHING: tuple[Any, ...] = ("", None, [])
MOST_WORDS = 8
MOST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """Key and text of rows, ordered by text. `chosen` are those that were chosen before and do not fit now."""

    rows: list[tuple[Key, str]]
    chosen: list[tuple[Key | str, str]]
    more: bool


def offered_rows(
    *,
    spec: Mapping[str, Any],
    given: Mapping[str, Any],
    chosen: Sequence[str],
    text: str,
    user: User,
    most: int,
    found: int,
) -> Offered:
    """At most `most` rows; where they are more, the first `found` of those that the words of `text` fit.

    `given` is what the form holds, by variable; `chosen` the keys among it that stay on offer, whatever the rest is.
    """
    model = model_of(spec["model"])
    viewed = restrict(model._default_manager.all(), user=user, action="view")
    rows = viewed.filter(narrowed(spec=spec, given=given))
    label = _label(model, str(spec.get("display_field") or ""))
    first = list(_ordered(rows, model)[: most + 1])
    more = len(first) > most
    if more or text.strip():
        first = list(_ordered(rows.filter(_fits(model, text)), model)[: found + 1])
        more = more or len(first) > found
        first = first[:found]
    present = {str(json_key(row.pk)) for row in first}
    return Offered(
        rows=_told(first, label),
        chosen=_kept(viewed, model, [key for key in chosen if key not in present], label),
        more=more,
    )


def depends_on(spec: Mapping[str, Any]) -> set[str]:
    """The variables whose values narrow what this one offers."""
    asked = [one for value in (spec.get("query_params") or {}).values() for one in _listed(value)]
    return {one[1:] for one in asked if isinstance(one, str) and one.startswith("$")}


def narrowed(*, spec: Mapping[str, Any], given: Mapping[str, Any]) -> Q:
    """The author's `query_params` as a condition. A parameter whose variables are empty does not count."""
    model, wanted = model_of(spec["model"]), Q()
    for parameter, value in (spec.get("query_params") or {}).items():
        values = [one for asked in _listed(value) for one in _values(asked, given)]
        if values:
            wanted &= _condition(model, str(parameter), values)
    return wanted


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _values(asked: Any, given: Mapping[str, Any]) -> list[Any]:
    if not (isinstance(asked, str) and asked.startswith("$")):
        return [asked]
    if asked[1:] not in given:
        raise VariableError(f"The author narrows this list by “{asked}”, but the job has no such variable.")
    return [one for one in _listed(given[asked[1:]]) if one not in NOTHING]


def _condition(model: type[Model], parameter: str, values: Sequence[Any]) -> Q:
    name, _, ending = parameter.partition("__")
    leaves_out = ending.startswith("n") and ending[1:] in LOOKUPS
    lookup = LOOKUPS.get(ending[1:] if leaves_out else ending)
    if name == "q" and not ending:
        return Q(*(_fits(model, str(one)) for one in values), _connector=Q.OR)
    field = _field(model, name)
    if field is None or lookup is None:
        raise VariableError(f"The author narrows this list by “{parameter}”, which a {_noun(model)} does not have.")
    found = Q(*(_one(field, lookup, one, by_key=name != field.name) for one in values), _connector=Q.OR)
    if field.many_to_many:  # a join would give a row once for each of its relations
        found = Q(pk__in=model._default_manager.filter(found).values("pk"))
    return ~found if leaves_out else found


def _field(model: type[Model], name: str) -> "Field[Any, Any] | None":
    """A column of the model, or a relation of it, by its name or its name with `_id`."""
    for wanted in (name, name.removesuffix("_id")):
        try:
            field = model._meta.pk if wanted in ("id", "pk") else model._meta.get_field(wanted)
        except FieldDoesNotExist:
            continue
        if isinstance(field, Field) and not is_secret(field) and (wanted == name or field.is_relation):
            return field
    return None


def _one(field: "Field[Any, Any]", lookup: str, value: Any, *, by_key: bool) -> Q:
    if value == "null" and lookup == "exact":
        return Q((f"{field.name}__isnull", True))
    if not field.is_relation:
        return _compared(field, field.name, lookup, value)
    related: type[Model] = field.related_model  # type: ignore[assignment]  # relations of stored models are resolved
    pk = related._meta.pk
    found = _compared(pk, f"{field.name}__{pk.name}", "exact", value)
    natural = [one for name in NATURAL if not by_key and (one := _field(related, name)) and one.name == name]
    for one in natural:
        found |= _compared(one, f"{field.name}__{one.name}", lookup, value)
    return found


def _compared(field: "Field[Any, Any]", path: str, lookup: str, value: Any) -> Q:
    """What is no value of the field fits nothing: a person may be in the middle of typing it."""
    if isinstance(field, BooleanField) and isinstance(value, str):
        value = {"true": True, "false": False}.get(value.lower(), value)
    try:
        value = field.to_python(value)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return Q(pk__in=[])
    storable = is_stored_integer(value) if isinstance(value, int) else "\0" not in str(value)
    return Q((f"{path}__{lookup}", value)) if storable else Q(pk__in=[])


def _fits(model: type[Model], text: str) -> Q:
    """Each word is somewhere in the row's texts, or all of it is the key."""
    text = text.strip().replace("\0", "")[:MOST_TEXT]
    words = Q()
    for word in text.split()[:MOST_WORDS]:
        words &= Q(*((f"{column.name}__icontains", word) for column in _texts(model)), _connector=Q.OR, pk__in=[])
    return words | _compared(model._meta.pk, "pk", "exact", text) if text else words


def _texts(model: type[Model]) -> Iterator["Field[Any, Any]"]:
    for field in model._meta.concrete_fields:
        if isinstance(field, CharField | TextField) and not is_secret(field) and not field.choices:
            yield field


def _ordered(rows: QuerySet[Model], model: type[Model]) -> QuerySet[Model]:
    names = {field.name for field in _texts(model)}
    return rows.order_by(*(name for name in ("name", "username") if name in names), "pk")


def _label(model: type[Model], field_name: str) -> str:
    """The column that the author wants to be shown, if there is one; else a row is shown as the pages show it."""
    field = _field(model, field_name) if field_name not in ("", "display") else None
    return field.name if field is not None and not field.is_relation else ""


def _told(rows: Sequence[Model], label: str) -> list[tuple[Key, str]]:
    told = [(json_key(row.pk), shown(getattr(row, label)) if label else shown(row)) for row in rows]
    return sorted(told, key=lambda pair: pair[1].lower())


def _kept(viewed: QuerySet[Model], model: type[Model], keys: Sequence[str], label: str) -> list[tuple[Key | str, str]]:
    """Of rows that the person may not view, or that are none, the key itself."""
    if not keys:
        return []
    found = viewed.filter(Q(*(_compared(model._meta.pk, "pk", "exact", key) for key in keys), _connector=Q.OR))
    told = {str(key): text for key, text in _told(list(found), label)}
    return [(key, told.get(key, key)) for key in keys]


def _noun(model: type[Model]) -> str:
    return str(model._meta.verbose_name)

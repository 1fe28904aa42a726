"""Constraints of object permissions: null (all rows), an object of lookups (all must hold), or a list of those (any).

They are checked when written; stored ones that cannot be used, from older data say, match nothing and never raise.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Model, OuterRef, Q

from foureyes.errors import Invalid
from foureyes.users import patterns
from foureyes.users.models import User

USER = "$user"
ANYBODY = UUID(int=0)  # stands for the user while constraints are checked
MAX_ALTERNATIVES = 100  # SQLite refuses expressions deeper than 1,000
MAX_VALUES = 2_000
MAX_DEPTH = 20
MAX_TEXT = 10_000  # SQLite refuses longer LIKE patterns from 50,000
INTEGERS = range(-(2**63), 2**63)
NOTHING = Q(pk__in=[])


def opens_everything(constraints: Any) -> bool:
    """Do these constraints leave all rows open?"""
    return constraints is None or constraints == {}


def condition(constraints: Any, *, model: type[Model], user_id: UUID | OuterRef) -> Q:
    """What these constraints let through for that user. Ask `opens_everything` first: an empty `Q` is lost in an or."""
    found = NOTHING
    if _too_deep(constraints):
        return found
    for alternative in _alternatives(constraints):
        if isinstance(alternative, dict) and alternative and _fault(model, _text(alternative)) is None:
            found |= _lookups(alternative, model=model, user_id=user_id)
    return found


def condition_of_each(constraints: Any, *, model: type[Model]) -> Q | None:
    """The same in a query about people, for each of them; None if `$user` stands for more than the key of a person."""
    named = [
        (lookup, value)
        for alternative in _alternatives(constraints)
        if isinstance(alternative, dict)
        for lookup, value in alternative.items()
        if USER in _leaves(value)
    ]
    if not all(value == USER and _leads_to_a_person(model, lookup) for lookup, value in named):
        return None
    return condition(constraints, model=model, user_id=OuterRef("pk"))


def names_user(constraints: Any) -> bool:
    """Does the answer depend on who asks?"""
    return USER in _leaves(constraints)


def validate(constraints: Any, *, models: Iterable[type[Model]]) -> None:
    """Refuse, as Invalid with the field `constraints`, what cannot be used on every one of `models`."""
    if opens_everything(constraints):
        return
    sentences = _shape_faults(constraints) or [
        sentence
        for model in models
        for alternative in _alternatives(constraints)
        if (sentence := _fault(model, _text(alternative)))
    ]
    if sentences:
        raise Invalid(code="constraints_invalid", fields={"constraints": list(dict.fromkeys(sentences))})


def _alternatives(constraints: Any) -> list[Any]:
    return constraints if isinstance(constraints, list) else [constraints]


def _shape_faults(constraints: Any) -> list[str]:
    alternatives = _alternatives(constraints)
    if not all(isinstance(alternative, dict) and alternative for alternative in alternatives) or not alternatives:
        return ["Constraints are null for all rows, an object of field lookups, or a list of such objects."]
    if _too_deep(constraints):
        return [f"Constraints are nested at most {MAX_DEPTH} levels deep."]
    if len(alternatives) > MAX_ALTERNATIVES:
        return [f"There are {len(alternatives)} alternatives; at most {MAX_ALTERNATIVES} are possible."]
    if len(_leaves(constraints)) > MAX_VALUES:
        return [f"There are more than {MAX_VALUES} values in the constraints."]
    return []


def _lookups(alternative: Mapping[str, Any], *, model: type[Model], user_id: UUID | OuterRef) -> Q:
    # As pairs, not as keyword arguments: Q(_negated=True) would be an instruction.
    found = Q(*((_with_our_patterns(name), value) for name, value in _with_user(dict(alternative), user_id).items()))
    if any(_repeats_rows(model, lookup) for lookup in alternative):
        return Q(pk__in=model._base_manager.filter(found).order_by().values("pk"))
    return found


def _with_our_patterns(lookup: str) -> str:
    path, separator, comparison = lookup.rpartition("__")
    return f"{path}{separator}{patterns.LOOKUPS.get(comparison, comparison)}" if path else lookup


def _with_user(value: Any, user_id: UUID | OuterRef) -> Any:
    if isinstance(value, dict):
        return {key: _with_user(item, user_id) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_user(item, user_id) for item in value]
    if value == USER:
        return user_id if isinstance(user_id, OuterRef) else str(user_id)  # as text it fits JSON, and fits no number
    return value


def _leaves(value: Any) -> list[Any]:
    return [part for part, _ in _parts(value) if not isinstance(part, dict | list)]


def _too_deep(value: Any) -> bool:
    return any(depth > MAX_DEPTH for _, depth in _parts(value))


def _parts(value: Any) -> Iterator[tuple[Any, int]]:
    """The value and everything within, with the depth. Without recursion: stored ones can be deeper than the stack."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        yield part, depth
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        waiting += [(each, depth + 1) for each in inner]


def _repeats_rows(model: type[Model], lookup: str) -> bool:
    """Does the lookup cross a relation to many rows, so that a join would repeat ours?"""
    options = model._meta
    for name in lookup.split("__"):
        try:
            field = options.get_field(name)
        except FieldDoesNotExist:
            return False  # `pk`, a transform or a comparison: the path of relations has ended
        if field.many_to_many or field.one_to_many:
            return True
        if not isinstance(field.related_model, type):
            return False
        options = field.related_model._meta
    return False


def _leads_to_a_person(model: type[Model], lookup: str) -> bool:
    """Is it the key of a person that these lookups compare, by a way of single relations?"""
    path = lookup.removesuffix("__exact").removesuffix("__pk").removesuffix("__id")
    try:
        *_, last = _way(model, path)
    except FieldDoesNotExist:
        return False
    return last.related_model is User and last.target_field.primary_key and not _repeats_rows(model, path)


def _way(model: Any, path: str) -> Iterator[Any]:
    for name in path.split("__"):
        if model is None:
            raise FieldDoesNotExist(name)
        field = model._meta.get_field(name)
        yield field
        model = field.related_model


def _text(alternative: Any) -> str:
    return json.dumps(alternative, sort_keys=True)


@functools.lru_cache(maxsize=4096)
def _fault(model: type[Model], text: str) -> str | None:
    """Why these lookups cannot be used on the model, as a sentence that names the field. Depends on the schema only."""
    lookups: dict[str, Any] = json.loads(text)
    for lookup, value in lookups.items():
        if reason := _reason(model, {lookup: value}):
            return f"`{lookup}` cannot be used on {model._meta.label_lower}: {reason}"
    return _reason(model, lookups) if len(lookups) > 1 else None


def _reason(model: type[Model], lookups: Mapping[str, Any]) -> str | None:
    try:
        _demand_storable(lookups)
        queryset = model._base_manager.filter(_lookups(lookups, model=model, user_id=ANYBODY))
        with _savepoint():
            queryset.explain()  # the database reads the statement without running it
    except Exception as error:  # which ones there are depends on field, lookup, value and database
        if isinstance(error, OperationalError) and connection.vendor != "sqlite":
            raise  # the database is not there: nothing is known of the constraint
        return " ".join(error.messages) if isinstance(error, ValidationError) else str(error).strip()
    return None


def _demand_storable(lookups: Mapping[str, Any]) -> None:
    """What databases would refuse only when they meet the first row."""
    json.dumps(lookups, allow_nan=False)
    for leaf in _leaves(lookups):
        if isinstance(leaf, str) and ("\x00" in leaf or len(leaf) > MAX_TEXT):
            raise ValueError(f"texts have at most {MAX_TEXT} characters and no null character")
        if isinstance(leaf, int) and leaf not in INTEGERS:
            raise ValueError("numbers have at most 64 bits")


def _savepoint() -> AbstractContextManager[Any]:
    """Keeps a surrounding transaction usable after an error. Opens none: that would wait for writers on SQLite."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()

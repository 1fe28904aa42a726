"""Queries that are built and compiled once, and then asked with other values.

What a page asks has many parts: making it takes Django several times as long as the database takes to answer it.
"""

import json
import secrets
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Expression, Field, QuerySet, TextField, UUIDField
from django.db.models.query import ModelIterable

from foureyes.users.models import User
from foureyes.users.permissions import rights_key, stand_in
from foureyes.users.rows import QuickRows

MOST = 512  # queries that a process keeps, each some seventy kilobytes: some fifteen for all who have the same rights
WHO = ""  # the name of the value that is the id of whoever asks
AS_TEXT = None  # instead of a time after a value: where an id stands as its text


@dataclass(frozen=True, slots=True)
class Keys:
    """Any number of ids as one value: in the query they are what `__in` is asked for."""

    keys: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Texts:
    """The same of texts."""

    texts: Collection[str]


_Place = tuple[str, timedelta | None]  # of a parameter: which value belongs there, and how long after it
Value = UUID | datetime | str | int | Keys | Texts | None


def compiled(build: Callable[..., QuerySet[Any, Any]], *shape: Hashable, of: User | None, **values: Value) -> list[Any]:
    """The rows of `build(of, *shape, **values)`, which is called only for what was not asked before.

    Its query may depend on the id and the rights of whoever asks, and on `shape`: on nothing else, also not of that
    person. Of the values it may know which are None. Others it puts into conditions as they are, of instants also a
    fixed time before or after: TypeError if it does anything else with them.
    """
    return list(ready(build, *shape, of=of, **values))


def ready(
    build: Callable[..., QuerySet[Any, Any]], *shape: Hashable, of: User | None, **values: Value
) -> QuerySet[Any, Any]:
    """The same before it is read, for who reads rows in a way of their own. Nothing can be added to this query."""
    question = _Question(
        build=build,
        shape=shape,
        given=tuple((name, value is None) for name, value in values.items()),
        rights=rights_key(of) if of is not None else None,
        person=None,
        of=of,
        values=values,
    )
    statement = _for_all(question) or _statement(replace(question, person=of.pk if of is not None else None))
    return statement.ready({WHO: of.pk, **values} if of is not None else values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    build: Callable[..., QuerySet[Any, Any]]
    shape: tuple[Hashable, ...]
    given: tuple[tuple[str, bool], ...]
    rights: Hashable
    person: UUID | None  # who alone asks this; None for everybody with these rights
    of: User | None = field(compare=False)
    values: Mapping[str, Value] = field(compare=False)

    def made_with(self, values: Mapping[str, Any]) -> "_Made":
        values = dict(values)
        who = values.pop(WHO, None)
        of = stand_in(self.of, pk=who) if self.of is not None and who is not None else self.of
        rows = self.build(of, *self.shape, **values)
        compiler = rows.query.get_compiler(using=rows.db)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return _Made(rows=rows, compiler=None, sql="", params=())
        return _Made(rows=rows, compiler=compiler, sql=sql, params=tuple(params))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    rows: QuerySet[Any, Any]
    compiler: Any  # Django's, after its work; None if no row can be found
    sql: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    made: _Made
    places: Mapping[int, "_Place"]

    def ready(self, values: Mapping[str, Value]) -> QuerySet[Any, Any]:
        """As Django reads them, with all that is read with them."""
        made, like = self.made, self.made.rows
        if made.compiler is None:
            return like.none()
        connection = connections[like.db]
        params = list(made.params)
        for place, (name, after) in self.places.items():
            value = values[name]
            value = value + after if isinstance(value, datetime) and after is not None else value
            params[place] = str(value) if after is AS_TEXT else _for_database(value, connection)
        compiler = _copy(made.compiler)
        compiler.connection = connection  # the one of this thread
        compiler.as_sql = lambda *_, **__: (made.sql, params)
        query = _copy(like.query)
        query.get_compiler = lambda *_, **__: compiler
        rows: Any = type(like)(model=like.model, query=query, using=like.db)
        for name in ("_iterable_class", "_fields", "_prefetch_related_lookups"):
            setattr(rows, name, getattr(like, name))
        if rows._iterable_class is ModelIterable:
            rows._iterable_class = QuickRows
        return rows  # type: ignore[no-any-return]


@lru_cache(maxsize=MOST)
def _for_all(question: _Question) -> _Statement | None:
    """The one of everybody with these rights, if the query uses whose it is as a value only."""
    if question.of is None:
        return None
    try:
        statement = _learn(question, {WHO: question.of.pk, **question.values})
    except TypeError:
        return None
    along = getattr(statement.made.rows, "_prefetch_related_lookups", ())
    # What is read along may be of that person, too, and is compiled apart.
    return None if any(getattr(one, "queryset", None) is not None for one in along) else statement


@lru_cache(maxsize=MOST)
def _statement(question: _Question) -> _Statement:
    return _learn(question, question.values)


def _learn(question: _Question, like: Mapping[str, Value]) -> _Statement:
    """Where a value stands for which is told by making the query twice, with values that are nowhere else."""
    given = [{name: _other_than(value) for name, value in like.items()} for _ in range(2)]
    one, other = (question.made_with(values) for values in given)
    if one.sql != other.sql or len(one.params) != len(other.params):
        raise TypeError(f"{question.build.__qualname__} makes another query for other values.")
    connection = connections[one.rows.db]
    places = {}
    for place, pair in enumerate(zip(one.params, other.params, strict=True)):
        if repr(pair[0]) == repr(pair[1]):
            continue
        found, also = (set(_meant(param, values, connection)) for param, values in zip(pair, given, strict=True))
        if len(found & also) != 1:
            raise TypeError(f"{question.build.__qualname__} makes something else of its values than it was given.")
        places[place] = (found & also).pop()
    return _Statement(made=one, places=places)


def _meant(param: Any, values: Mapping[str, Any], connection: Any) -> Iterator[_Place]:
    """Which values the parameter may be; of an instant every one, with the time between them."""
    at = _as_instant(param)
    for name, value in values.items():
        if isinstance(value, datetime):
            if at is not None:
                yield name, at - value
        elif value is not None and _for_database(value, connection) == param:
            yield name, timedelta()
        elif isinstance(value, UUID) and str(value) == param:
            yield name, AS_TEXT


def _as_instant(param: Any) -> datetime | None:
    """As PostgreSQL's driver takes it, or as SQLite keeps it."""
    if isinstance(param, str):
        try:
            return datetime.fromisoformat(param).replace(tzinfo=UTC)
        except ValueError:
            return None
    return param if isinstance(param, datetime) else None


class _Among(Expression):
    """Stands for ids or texts in a query that is made."""

    def __init__(self, output_field: "Field[Any, Any]", array: str) -> None:
        super().__init__(output_field)
        self.array, self.mark = array, secrets.token_hex(16)

    def as_sqlite(self, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        """From a list in JSON."""
        return "(SELECT value FROM json_each(%s))", [self.mark]

    def as_postgresql(self, *_: Any, **__: Any) -> tuple[str, list[Any]]:
        """From an array."""
        return f"(SELECT unnest(%s::{self.array}))", [self.mark]


def _other_than(value: Value) -> Any:
    """One of the same type that nothing else is equal to."""
    if value is None:
        return None
    if isinstance(value, Keys):
        return _Among(UUIDField(), "uuid[]")
    if isinstance(value, Texts):
        return _Among(TextField(), "text[]")
    if isinstance(value, UUID):
        return uuid4()
    if isinstance(value, datetime):
        return datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=secrets.randbelow(10**15))
    if isinstance(value, str):
        return secrets.token_hex(16)
    if type(value) is int:
        return secrets.randbelow(2**62)
    raise TypeError(f"{type(value).__name__} is nothing that a query is asked with: it belongs to the shape.")


def _for_database(value: Any, connection: Any) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    if isinstance(value, Keys | Texts):
        listed = [_for_database(one, connection) for one in (value.keys if isinstance(value, Keys) else value.texts)]
        return listed if connection.vendor == "postgresql" else json.dumps(listed)
    return value.mark if isinstance(value, _Among) else value


def _copy(thing: Any) -> Any:
    """The same with attributes of its own; `copy.copy` asks objects of Django for more than that."""
    copied = object.__new__(type(thing))
    copied.__dict__ = thing.__dict__.copy()
    return copied

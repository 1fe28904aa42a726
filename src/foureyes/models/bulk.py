"""Writes many rows with one statement; through the ORM they take several times as long.

Values come by column, as Python has them. PostgreSQL gets one array for each column, SQLite one prepared statement.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

Columns = Mapping[str, Sequence[Any]]
Adapt = Callable[[Any], Any]
dump = partial(json.dumps, cls=DjangoJSONEncoder)


def insert_rows(
    model: type[models.Model],
    columns: Columns,
    *,
    same: Mapping[str, Any] | None = None,
    ignore_conflicts: bool = False,
) -> int:
    """Insert a row for each place of the columns; `same` has the columns that are equal in all rows.

    Gives how many were inserted: with `ignore_conflicts`, rows that a unique constraint refuses are left out.
    """
    fields = [_field(model, name) for name in [*columns, *(same or {})]]
    names = ", ".join(f'"{field.column}"' for field in fields)
    into = f'INSERT INTO "{model._meta.db_table}" ({names})'
    tail = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    varying, constant = _split(model, columns, same or {})
    if connection.vendor == "postgresql":
        places = [*(f"unnest(%s::{_type(field)}[])" for field in fields[: len(columns)])]
        places += [f"%s::{_type(field)}" for field in fields[len(columns) :]]
        return _execute(f"{into} SELECT {', '.join(places)} {tail}", [*varying, *constant])
    places = ["%s"] * len(fields)
    rows = zip(*varying, *map(repeat, constant), strict=False)
    return _execute_many(f"{into} VALUES ({', '.join(places)}) {tail}", rows)


def update_rows(model: type[models.Model], keys: Sequence[Any], columns: Columns) -> int:
    """Set the columns of the rows with these primary keys; gives how many rows there were."""
    key = model._meta.pk
    fields = [_field(model, name) for name in columns]
    varying, _ = _split(model, {key.name: keys, **columns}, {})
    table = f'"{model._meta.db_table}"'
    if connection.vendor == "postgresql":
        sets = ", ".join(f'"{field.column}" = new."{field.column}"' for field in fields)
        names = ", ".join(f'"{field.column}"' for field in [key, *fields])
        arrays = ", ".join(f"%s::{_type(field)}[]" for field in [key, *fields])
        source = f"unnest({arrays}) AS new ({names})"
        where = f'{table}."{key.column}" = new."{key.column}"'
        return _execute(f"UPDATE {table} SET {sets} FROM {source} WHERE {where}", varying)  # noqa: S608 - own names
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    rows = zip(*varying[1:], varying[0], strict=True)
    return _execute_many(f'UPDATE {table} SET {sets} WHERE "{key.column}" = %s', rows)  # noqa: S608 - own names


def _split(model: type[models.Model], columns: Columns, same: Mapping[str, Any]) -> tuple[list[list[Any]], list[Any]]:
    varying = [_adapted(_field(model, name), values) for name, values in columns.items()]
    constant = [_adapted(_field(model, name), [value])[0] for name, value in same.items()]
    return varying, constant


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _adapted(field: Any, values: Sequence[Any]) -> list[Any]:
    """The values as the database takes them; equal ones, such as one instant in all rows, are adapted once."""
    adapt = _adapter(field)
    if adapt is None:
        return list(values)
    if isinstance(field, models.JSONField):
        return [None if value is None else adapt(value) for value in values]
    known = {value: adapt(value) for value in set(values) if value is not None}
    return [known.get(value) for value in values]


def _adapter(field: Any) -> Adapt | None:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return dump
    if connection.vendor != "sqlite":
        return None
    if isinstance(field, models.UUIDField):
        return lambda value: value.hex
    return connection.ops.adapt_datetimefield_value if isinstance(field, models.DateTimeField) else None


def _type(field: Any) -> str:
    """The type to cast to. A cast to a text of limited length would cut silently; the column itself refuses."""
    kind = field.db_type(connection)
    return "text" if kind.startswith("varchar") else str(kind)


def _execute(statement: str, values: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _execute_many(statement: str, rows: Iterable[Sequence[Any]]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))
        return int(cursor.rowcount)

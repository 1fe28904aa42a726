"""Writes many rows with one statement; through the ORM they take several times as long.

Values come by column, as Python has them. PostgreSQL gets all rows as one JSON text (arrays are dumped value by value,
in Python), SQLite one prepared statement.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import repeat
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

Columns = Mapping[str, Sequence[Any]]
Adapt = Callable[[Any], Any]
dump = DjangoJSONEncoder().encode  # one encoder: `json.dumps` would make one for every value


def insert_rows(
    model: type[models.Model],
    columns: Columns,
    *,
    same: Mapping[str, Any] | None = None,
    ignore_conflicts: bool = False,
) -> int:
    """Insert a row for each place of the columns; `same` has the columns that are equal in all rows.

    Gives how many were inserted: with `ignore_conflicts`, rows that a unique constraint refuses are left out. A column
    in which nothing stands is not named: binding a null takes longer than binding a text.
    """
    given = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    shared = {name: value for name, value in (same or {}).items() if value is not None}
    varying = [_field(model, name) for name in given]
    constant = [_field(model, name) for name in shared]
    into = f'INSERT INTO "{model._meta.db_table}" ({_names([*varying, *constant])})'
    tail = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    adapted = [_adapted(field, values) for field, values in zip(varying, given.values(), strict=True)]
    fixed = [_adapted(field, [_plain(value)])[0] for field, value in zip(constant, shared.values(), strict=True)]
    if connection.vendor == "postgresql":
        places = ", ".join(["", *(f"%s::{_type(field)}" for field in constant)])
        statement = f"{into} SELECT {_names(varying, 'new')}{places} FROM {_recordset(varying)} {tail}"  # noqa: S608 - own names
        return _execute(statement, [*map(_constant, constant, fixed), _json(varying, adapted)])
    places = ", ".join(["%s"] * (len(varying) + len(constant)))
    return _execute_many(f"{into} VALUES ({places}) {tail}", zip(*adapted, *map(repeat, fixed), strict=False))


def insert_row(row: models.Model) -> None:
    """Insert one new row, as its `save` would."""
    fields = row._meta.concrete_fields
    insert_rows(type(row), {field.name: [getattr(row, field.attname)] for field in fields})
    row._state.adding, row._state.db = False, connection.alias


def update_rows(model: type[models.Model], keys: Sequence[Any], columns: Columns) -> int:
    """Set the columns of the rows with these primary keys; gives how many rows there were."""
    key = model._meta.pk
    fields = [_field(model, name) for name in columns]
    adapted = [_adapted(field, values) for field, values in zip(fields, columns.values(), strict=True)]
    ids = _adapted(key, keys)
    table = f'"{model._meta.db_table}"'
    if connection.vendor == "postgresql":
        sets = ", ".join(f'"{field.column}" = new."{field.column}"' for field in fields)
        source = _recordset([key, *fields])
        where = f'{table}."{key.column}" = new."{key.column}"'
        statement = f"UPDATE {table} SET {sets} FROM {source} WHERE {where}"  # noqa: S608 - own names
        return _execute(statement, [_json([key, *fields], [ids, *adapted])])
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    statement = f'UPDATE {table} SET {sets} WHERE "{key.column}" = %s'  # noqa: S608 - own names
    return _execute_many(statement, zip(*adapted, ids, strict=True))


def _names(fields: Sequence[Any], table: str = "") -> str:
    return ", ".join(f'{table and table + "."}"{field.column}"' for field in fields)


def _recordset(fields: Sequence[Any]) -> str:
    types = ", ".join(f'"{field.column}" {_type(field)}' for field in fields)
    return f"json_to_recordset(%s) AS new ({types})"


def _json(fields: Sequence[Any], columns: Sequence[Sequence[Any]]) -> str:
    names = [field.column for field in fields]
    return json.dumps([dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)], default=str)


def _constant(field: Any, value: Any) -> Any:
    return dump(value) if isinstance(field, models.JSONField) and value is not None else value


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _adapted(field: Any, values: Sequence[Any]) -> Sequence[Any]:
    """The values as the statement takes them. Equal instants, and data that is one object, are adapted once."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    adapt = _ADAPT[connection.vendor].get(field.get_internal_type())
    if adapt is None:
        return values
    if isinstance(field, models.DateTimeField):
        known = {value: adapt(value) for value in set(values) if value is not None}
        return [known.get(value) for value in values]
    if isinstance(field, models.JSONField):
        objects = {id(value): value for value in values}
        texts = {key: None if value is None else adapt(value) for key, value in objects.items()}
        return [texts[id(value)] for value in values]
    return [None if value is None else adapt(value) for value in values]


def _plain(value: Any) -> Any:
    """A choice as its text, which the driver knows."""
    return value.value if isinstance(value, Enum) else value


def _hex(value: Any) -> str:
    return f"{value.int:032x}"


def _stored_instant(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


_ADAPT: Mapping[str, Mapping[str, Adapt]] = {
    "sqlite": {"UUIDField": _hex, "DateTimeField": _stored_instant, "JSONField": dump, "BooleanField": int},
    "postgresql": {"UUIDField": str, "DateTimeField": str, "BinaryField": lambda value: "\\x" + value.hex()},
}


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

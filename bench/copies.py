"""Many rows like one that is stored, by one statement that the database works off alone: a million in seconds.

Columns that differ are SQL over the number `n` of the row, from 0; the functions here write such SQL.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model


def copies(like: Model, count: int, **columns: str) -> None:
    """Store so many rows like this one."""
    table, pk = like._meta.db_table, like._meta.pk.column
    fields = [field for field in like._meta.concrete_fields if not field.generated]
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(columns.get(field.name, f'model."{field.column}"') for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE series(n) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT n + 1 FROM series WHERE n + 1 < %s)"
            f' INSERT INTO "{table}" ({names}) SELECT {values} FROM series, "{table}" model WHERE model."{pk}" = %s',
            [count, like.pk.hex if connection.vendor == "sqlite" else like.pk],
        )


def key(seconds: str) -> str:
    """An id of that second, as UUIDv7 begin."""
    if connection.vendor == "sqlite":
        return f"printf('%%012x70008000%%012x', 1000 * ({seconds}), n)"
    return f"(lpad(to_hex(1000 * ({seconds})), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid"


def instant(seconds: str) -> str:
    """The instant of that second."""
    return f"datetime({seconds}, 'unixepoch')" if connection.vendor == "sqlite" else f"to_timestamp({seconds})"


def seconds(at: datetime) -> int:
    """The second of an instant."""
    return int(at.timestamp())


def one_of(values: Sequence[Any], draw: int = 1) -> str:
    """One of them in no order; the same of several columns by the same `draw`."""
    number = f"(n * {2654435761 + 2 * draw} %% 4294967296 / 4096 %% {len(values)})"
    return f"CASE {number} {' '.join(f'WHEN {place} THEN {_word(value)}' for place, value in enumerate(values))} END"


def _word(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, UUID):
        return f"'{value.hex}'" if connection.vendor == "sqlite" else f"'{value}'::uuid"
    return f"'{value}'"

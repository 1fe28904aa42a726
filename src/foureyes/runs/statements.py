"""Raw inserts for the rows that come by the million; the ORM takes several times as long for them.

The only place with SQL of our own. Tables and columns are those of the models.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from foureyes.models import JobLogEntry

LOG_COLUMNS = (
    "id",
    "job_result_id",
    "sequence",
    "created",
    "log_level",
    "grouping",
    "message",
    "log_object",
    "absolute_url",
)


def insert_log_lines(rows: Iterable[Sequence[Any]]) -> None:
    """Insert log lines; each row has the values of `LOG_COLUMNS`."""
    columns = ", ".join(LOG_COLUMNS)
    places = ", ".join(["%s"] * len(LOG_COLUMNS))
    statement = f"INSERT INTO {JobLogEntry._meta.db_table} ({columns}) VALUES ({places})"  # noqa: S608 - names of ours
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(rows))

"""Instants as PostgreSQL sends them, read by the interpreter's own parser: in a tenth of the time of the driver's."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.backends.signals import connection_created


def read_instants_fast() -> None:
    """From now on every new connection to PostgreSQL does."""
    connection_created.connect(_give_loader, dispatch_uid="foureyes.instants")


def _give_loader(connection: Any, **_: Any) -> None:
    if connection.vendor == "postgresql" and connection.timezone == UTC:
        connection.connection.adapters.register_loader("timestamptz", _loader())


@cache
def _loader() -> Any:
    # Where the database is SQLite the driver is not loaded.
    from psycopg.types.datetime import TimestamptzLoader

    class Loader(TimestamptzLoader):
        timezone = UTC  # Django looks whether it is that of the connection

        def load(self, data: Any) -> datetime:
            """What is not of the common era, or not in UTC, is left to the driver."""
            text = bytes(data)
            try:
                if text.endswith(b"+00"):
                    return datetime.fromisoformat(text.decode())
            except ValueError:
                pass
            return super().load(data).replace(tzinfo=UTC)

    return Loader

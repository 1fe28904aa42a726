"""How long a request may wait for PostgreSQL. Only web servers limit it: upkeep and migrations may take long."""

from typing import Any

from django.db import Error
from django.db.backends.signals import connection_created

from foureyes.conf import get_conf

CANCELLED = "57014"  # PostgreSQL's word for a statement that it ended itself


def limit_statements() -> None:
    """From now on a statement of this process ends with an error when it takes longer than the settings allow."""
    connection_created.connect(_limit, dispatch_uid="foureyes.patience")


def took_too_long(error: BaseException | None) -> bool:
    """Was it this limit that ended a statement?"""
    return isinstance(error, Error) and getattr(error.__cause__, "sqlstate", None) == CANCELLED


def _limit(sender: Any, connection: Any, **kwargs: Any) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [_milliseconds()])


def _milliseconds() -> str:
    return str(round(get_conf().web_statement_seconds * 1000))

"""Django's dummy backend with a sentence that helps."""

from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.dummy import base


class NoDatabase(ImproperlyConfigured):
    """A job without database asked one."""


def refuse(*_args: Any, **_options: Any) -> NoReturn:
    """Say what to do."""
    raise NoDatabase(
        "This job has no database: object variables are read-only copies. "
        "A job that queries the database declares `database = True` in its class Meta."
    )


class DatabaseOperations(base.DatabaseOperations):
    quote_name = refuse


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    _cursor = refuse
    ensure_connection = refuse
    _commit = refuse
    _rollback = refuse
    _savepoint = refuse
    _savepoint_commit = refuse
    _savepoint_rollback = refuse
    _set_autocommit = refuse

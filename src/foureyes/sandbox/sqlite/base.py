"""Django's SQLite backend with two differences.

Tables named in `OPTIONS["protected_tables"]` cannot be written, other databases not attached and no schema changed
(gate G7). And a transaction begins with its first write: the worker writes this job's log lines into the same file,
and would have to wait for the end of a job that holds the lock of writers from its start.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.sqlite3 import base
from django.db.utils import DatabaseError

HIDDEN = {"django_session"}  # holds session keys: reading one is signing in as somebody else
READING = ("SELECT", "EXPLAIN", "PRAGMA", "VALUES")
SCHEMA = {"sqlite_master", "sqlite_schema"}
WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
OPERATIONS = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_VTABLE, sqlite3.SQLITE_DROP_VTABLE}
# Pragmas with an argument that only ask.
QUESTIONS = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
    "foreign_key_check",
}  # fmt: skip


class JobMayNotError(DatabaseError):
    """A job tried what its connection does not allow."""


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection of a job."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._begin_before_write = False
        self._refused = ""
        self.execute_wrappers.append(self._execute)

    def get_connection_params(self) -> dict[str, Any]:
        """Ours are no parameters of sqlite3."""
        params = super().get_connection_params()
        params.pop("protected_tables")
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that asks the authorizer from now on."""
        connection = super().get_new_connection(conn_params)
        connection.set_authorizer(self._authorize)
        return connection

    def _start_transaction_under_autocommit(self) -> None:
        self._begin_before_write = True

    def _commit(self) -> None:
        self._begin_before_write = False
        super()._commit()  # type: ignore[misc] # the stubs leave it out

    def _rollback(self) -> None:
        self._begin_before_write = False
        super()._rollback()  # type: ignore[misc] # the stubs leave it out

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self._begin_before_write and not sql.lstrip("( \n\t").upper().startswith(READING):
            self._begin_before_write = False
            context["cursor"].execute("BEGIN IMMEDIATE")
        self._refused = ""
        with self._explained():
            return execute(sql, params, many, context)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if self._refused:
                raise JobMayNotError(self._refused) from error
            raise

    def _authorize(self, action: int, first: str | None, second: str | None, _database: Any, _trigger: Any) -> int:
        refusal = self._refusal(action, (first or "").lower(), second)
        self._refused = refusal or self._refused
        return sqlite3.SQLITE_DENY if refusal else sqlite3.SQLITE_OK

    def _refusal(self, action: int, first: str, second: str | None) -> str:
        protected: set[str] = self.settings_dict["OPTIONS"]["protected_tables"]
        if action in WRITES and first in SCHEMA:
            return "A job may not change the schema of the database"
        if action in WRITES and first in protected:
            return f"A job may not write the table {first}"
        if action == sqlite3.SQLITE_READ and first in HIDDEN:
            return f"A job may not read the table {first}"
        if action in OPERATIONS:
            return "A job may not attach or detach databases"
        if action == sqlite3.SQLITE_PRAGMA and second is not None and first not in QUESTIONS:
            return f"A job may not set the pragma {first}"
        return ""

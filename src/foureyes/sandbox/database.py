"""Gives a job that declares `Meta.database` its connection, and puts its work into one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections, transaction


class Revert(Exception):  # noqa: N818 - unwinds a transaction that nobody wants to keep
    """Ends the transaction of a run without commit."""


def connect(entry: dict[str, Any], protected_tables: list[str]) -> None:
    """Make `entry`, an entry of Django's DATABASES, the default connection of this process. Opens nothing yet.

    On PostgreSQL the entry itself brings what protects the tables: a role of its own, or the mark that triggers seek.
    """
    databases = {"default": _guarded(entry, protected_tables)}
    settings.DATABASES = databases
    connections.settings = connections.configure_settings(databases)
    del connections["default"]


def _guarded(entry: dict[str, Any], protected_tables: list[str]) -> dict[str, Any]:
    if entry["ENGINE"] != "django.db.backends.sqlite3":
        return entry
    options = {**entry.get("OPTIONS", {}), "protected_tables": {table.lower() for table in protected_tables}}
    return {**entry, "ENGINE": "foureyes.sandbox.sqlite", "OPTIONS": options}


@contextmanager
def one_transaction(*, keep: bool) -> Iterator[None]:
    """Around the work of a job: one transaction, rolled back on any exception and if `keep` is false."""
    try:
        with transaction.atomic():
            yield
            if not keep:
                raise Revert
    except Revert:
        pass

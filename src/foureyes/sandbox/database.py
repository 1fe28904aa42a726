"""Gives a job that declares `Meta.database` its connection, and puts its work into one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections, transaction

# Sessions with this mark are refused writes to protected tables by triggers (`models/protection.py`).
JOB_MARK = "-c foureyes.job=on"


class Revert(Exception):  # noqa: N818 - unwinds a transaction that nobody wants to keep
    """Ends the transaction of a run without commit."""


def connect(entry: dict[str, Any], protected_tables: list[str]) -> None:
    """Make `entry`, an entry of Django's DATABASES, the default connection of this process. Opens nothing yet."""
    databases = {"default": _guarded(entry, protected_tables)}
    settings.DATABASES = databases
    connections.settings = connections.configure_settings(databases)
    del connections["default"]


def _guarded(entry: dict[str, Any], protected_tables: list[str]) -> dict[str, Any]:
    options = dict(entry.get("OPTIONS") or {})
    if entry["ENGINE"] == "django.db.backends.sqlite3":
        options["protected_tables"] = {table.lower() for table in protected_tables}
        return {**entry, "ENGINE": "foureyes.sandbox.sqlite", "OPTIONS": options}
    options["options"] = f"{options.get('options', '')} {JOB_MARK}".strip()
    return {**entry, "OPTIONS": options}


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

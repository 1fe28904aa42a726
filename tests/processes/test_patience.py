"""How long a statement of a request may take."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from psycopg import errors

from foureyes.conf import get_conf
from foureyes.processes import patience


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    short = get_conf().model_copy(update={"web_statement_seconds": 0.1})
    monkeypatch.setattr(patience, "get_conf", lambda: short)
    connection.close()
    patience.limit_statements()
    yield
    connection_created.disconnect(dispatch_uid="foureyes.patience")
    connection.close()


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        return cursor.execute(statement)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a limit of PostgreSQL")
def test_postgresql_ends_a_statement_that_takes_too_long(transactional_db: None, limited: None) -> None:
    with pytest.raises(OperationalError) as raised:
        ask("SELECT pg_sleep(5)")
    assert patience.took_too_long(raised.value)
    ask("SELECT 1")


def test_other_databases_have_no_limit(transactional_db: None, limited: None) -> None:
    ask("SELECT 1")


def test_other_errors_did_not_take_too_long() -> None:
    assert not patience.took_too_long(None)
    assert not patience.took_too_long(errors.QueryCanceled())
    assert not patience.took_too_long(OperationalError("no database"))

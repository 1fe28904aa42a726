"""Prepared statements of the processes that ask the same things all the time."""

from collections.abc import Iterator

import pytest
from django.db import connection

from foureyes.conf import get_conf
from foureyes.execution.start import database_for_jobs
from foureyes.models import JobResult
from foureyes.processes.prepared import PREPARED_AFTER, prepare_statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    options = connection.settings_dict["OPTIONS"]
    yield
    connection.close()
    connection.settings_dict["OPTIONS"] = options
    connection.features.__dict__.pop("uses_server_side_binding", None)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no plans between statements")
def test_a_statement_that_is_repeated_keeps_its_plan() -> None:
    prepare_statements()
    for number in range(PREPARED_AFTER + 1):
        assert not JobResult.objects.filter(attempt=number).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%extras_jobresult%'")
        assert cursor.fetchone() == (1,)


def test_the_connection_of_jobs_stays_as_it_is_configured() -> None:
    before = database_for_jobs(get_conf())
    prepare_statements()
    assert database_for_jobs(get_conf()) == before

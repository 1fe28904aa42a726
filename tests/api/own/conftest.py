"""Connections of the streams' threads are closed before the test database goes: they would keep it in use."""

from collections.abc import Iterator
from threading import Barrier

import pytest
from django.db import connections

from foureyes.runs import watch


@pytest.fixture(autouse=True, scope="session")
def _streams_end(django_db_setup: None) -> Iterator[None]:
    yield
    together = Barrier(watch.THREADS)

    def close() -> None:
        together.wait(60)  # so that each thread gets one of these
        connections.close_all()

    for done in [watch._pool.submit(close) for _ in range(watch.THREADS)]:
        done.result()

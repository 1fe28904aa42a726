"""Waking loops."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from foureyes.conf import get_conf
from foureyes.runs.doorbell import Doorbell, ring, ring_scheduler

LATER_SECONDS = 1.0 if connection.vendor == "postgresql" else 0.0  # what a notification may come after its datagram


@pytest.fixture(autouse=True)
def _deep_folder(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path / ("deep" * 40)))
    get_conf.cache_clear()
    yield
    monkeypatch.undo()
    get_conf.cache_clear()


def is_rung(bell: Doorbell) -> bool:
    return bool(select.select([bell], [], [], 0)[0])


def hears(bell: Doorbell) -> bool:
    """Was it rung? Waits until the notification, which follows the datagram, has come too."""
    rung = False
    while select.select([bell], [], [], LATER_SECONDS)[0]:
        rung = bell.drain() or rung
    return rung


def test_every_bell_hears_a_ring_and_forgets_it_once_drained() -> None:
    with Doorbell("one") as one, Doorbell("two") as two:
        assert not is_rung(one)
        ring()
        ring()
        assert is_rung(one)
        assert is_rung(two)
        assert hears(one)
        assert not one.drain()
        assert not is_rung(one)


def test_bell_of_a_dead_process_is_taken_away() -> None:
    with Doorbell("living") as living:
        if (pid := os.fork()) == 0:
            Doorbell("dead").__enter__()
            os._exit(0)
        os.waitpid(pid, 0)
        assert (get_conf().run_folder / "dead.bell").exists()
        ring()
        assert not (get_conf().run_folder / "dead.bell").exists()
        assert is_rung(living)


def test_bell_that_nobody_drains_does_not_hold_up_who_rings() -> None:
    with Doorbell("lazy"):
        for _ in range(5000):
            ring()


def test_ring_without_any_installation_is_nothing() -> None:
    ring()


def test_schedulers_and_workers_have_bells_of_their_own() -> None:
    with Doorbell("scheduler-1") as scheduler, Doorbell("worker-1") as worker:
        ring()
        assert hears(worker)
        assert not is_rung(scheduler)
        ring_scheduler()
        assert hears(scheduler)
        assert not is_rung(worker)


def test_notification_wakes_a_loop_whose_socket_nobody_reaches() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one machine")
    with Doorbell("scheduler-1") as bell:
        (get_conf().run_folder / "scheduler-1.bell").unlink()
        ring_scheduler()
        assert select.select([bell], [], [], 60)[0]
        assert hears(bell)


def test_bell_hears_again_after_its_connection_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections to lose")
    monkeypatch.setattr("foureyes.runs.doorbell.LISTEN_AGAIN_SECONDS", 0.0)
    with Doorbell("scheduler-1") as bell:
        (get_conf().run_folder / "scheduler-1.bell").unlink()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                " AND pid <> pg_backend_pid() AND datname = current_database()"
            )
        # The server says goodbye first and hangs up then; only the second tells that something may have been missed.
        while select.select([bell], [], [], 60)[0] and not bell.drain():
            pass
        bell.drain()
        ring_scheduler()
        assert select.select([bell], [], [], 60)[0]
        assert bell.drain()

"""Waking loops."""

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from foureyes.conf import get_conf
from foureyes.runs.doorbell import Doorbell, ring


@pytest.fixture(autouse=True)
def _deep_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path / ("deep" * 40)))
    get_conf.cache_clear()
    yield
    monkeypatch.undo()
    get_conf.cache_clear()


def is_rung(bell: Doorbell) -> bool:
    return bool(select.select([bell], [], [], 0)[0])


def test_every_bell_hears_a_ring_and_forgets_it_once_drained() -> None:
    with Doorbell("one") as one, Doorbell("two") as two:
        assert not is_rung(one)
        ring()
        ring()
        assert is_rung(one)
        assert is_rung(two)
        assert one.drain()
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

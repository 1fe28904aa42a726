"""Telling who watches a run."""

import os
import select
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from foureyes.conf import get_conf
from foureyes.runs import doorbell, watchers
from foureyes.runs.doorbell import Doorbell
from foureyes.runs.watchers import WatcherBell, tell_watchers
from foureyes.users.ids import uuid7


@pytest.fixture(autouse=True)
def _deep_folder(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FOUREYES_DATA_DIR", str(tmp_path / ("deep" * 40)))
    monkeypatch.setattr(watchers, "REMEMBERED_SECONDS", 0.0)
    get_conf.cache_clear()
    yield
    monkeypatch.undo()
    get_conf.cache_clear()


def test_every_watcher_hears_of_which_runs_there_is_news_and_hears_it_once() -> None:
    first, second = uuid7(), uuid7()
    with closing(WatcherBell("one")) as one, closing(WatcherBell("two")) as two:
        tell_watchers(first, second)
        tell_watchers(first)
        assert one.heard() == two.heard() == {first, second}
        assert one.heard() == set()


def test_nobody_watching_or_no_installation_at_all_is_nothing() -> None:
    tell_watchers(uuid7())
    WatcherBell("gone").close()
    tell_watchers(uuid7())
    assert not list(get_conf().run_folder.iterdir())


def test_watchers_and_workers_do_not_hear_each_other() -> None:
    with closing(WatcherBell("one")) as watcher, Doorbell("worker-1") as worker:
        tell_watchers(uuid7())
        assert not select.select([worker], [], [], 0)[0]
        watcher.heard()
        doorbell.ring()
        assert not select.select([watcher], [], [], 0)[0]


def test_socket_of_a_dead_process_is_taken_away() -> None:
    if (pid := os.fork()) == 0:
        WatcherBell("dead")
        os._exit(0)
    os.waitpid(pid, 0)
    tell_watchers(uuid7())
    assert not (get_conf().run_folder / "dead.watch").exists()


def test_watcher_that_never_listens_does_not_hold_up_who_tells() -> None:
    with closing(WatcherBell("lazy")):
        for _ in range(2000):
            tell_watchers(uuid7())

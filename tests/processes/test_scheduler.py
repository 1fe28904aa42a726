"""The scheduler's duties."""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from foureyes.catalog.discover import Discovery
from foureyes.models import Job, Worker
from foureyes.processes.scheduler import Scheduler

HELLO = "from foureyes.jobs import Job\n\nclass Hello(Job):\n    def run(self, data, commit):\n        pass\n"


def test_first_step_does_every_duty_and_says_when_to_come_again(transactional_db: None, tmp_path: Path) -> None:
    (tmp_path / "hello.py").write_text(HELLO)
    now = datetime.now(UTC)
    scheduler = Scheduler(name="host:1", discovery=Discovery(folder=tmp_path), now=now)
    deadline = time.monotonic() + 60
    while (wait := scheduler.step(now=now)) <= 0.1:  # while a process imports the file, it looks often
        assert time.monotonic() < deadline
        time.sleep(wait)
    assert Job.objects.get().job_class_name == "Hello"
    row = Worker.objects.get()
    assert (row.kind, row.state) == ("scheduler", "running")
    scheduler.leave(now=now)
    row.refresh_from_db()
    assert row.state == "stopped"


def test_duties_come_together_and_none_later_than_it_promised(
    transactional_db: None, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(monotonic=lambda: stopwatch)
    monkeypatch.setattr("foureyes.processes.scheduler.time", clock)
    stopwatch = 1000.3
    scheduler = Scheduler(name="host:1", discovery=Discovery(folder=tmp_path), now=now)
    done: dict[str, list[float]] = defaultdict(list)
    duties = [scheduler._firing, *scheduler._others]
    for duty in duties:
        duty.act = lambda _now, name=duty.name: done[name].append(stopwatch)
    woken = 0
    while stopwatch < 1100:
        if wait := scheduler.step(now=now):
            woken += 1
            stopwatch += wait + 0.004
    assert woken <= 101
    for duty in duties:
        times = [*done[duty.name], stopwatch]
        assert max(later - sooner for sooner, later in pairwise(times)) <= duty.every_seconds + 0.01
    scheduler.leave(now=now)


def test_duty_that_fails_keeps_no_other_from_being_done(transactional_db: None, tmp_path: Path, now: datetime) -> None:
    scheduler = Scheduler(name="host:1", discovery=Discovery(folder=tmp_path), now=now)

    def fail(_now: datetime) -> None:
        raise RuntimeError("broken")

    for duty in (scheduler._firing, scheduler._others[1]):
        duty.act = fail
    for _ in range(len(scheduler._others)):
        scheduler.step(now=now + timedelta(seconds=30))
    assert Worker.objects.get().heartbeat_at == now + timedelta(seconds=30)
    scheduler.leave(now=now)

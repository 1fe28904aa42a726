"""Rows of workers, and the switches for them."""

from datetime import datetime, timedelta

from foureyes.models import Event, Worker
from foureyes.runs.workers import drain, heartbeat, leave, register, resume, scheduler_gaps
from foureyes.users.models import User


def test_registered_worker_takes_runs(worker: Worker, now: datetime) -> None:
    assert list(Worker.objects.taking_runs(now)) == [worker]
    assert Event.objects.filter(kind="worker.started").exists()


def test_scheduler_takes_no_runs(db: None, now: datetime) -> None:
    register(kind=Worker.Kind.SCHEDULER, name="host:2", now=now)
    assert not Worker.objects.taking_runs(now).exists()


def test_silent_worker_counts_as_gone_until_its_next_heartbeat(worker: Worker, now: datetime) -> None:
    later = now + timedelta(minutes=5)
    assert not Worker.objects.alive(later).exists()
    heartbeat(worker=worker, now=later)
    assert Worker.objects.alive(later).exists()


def test_heartbeat_reads_the_state_that_people_set(worker: Worker, admin: User, now: datetime) -> None:
    drain(workers=[Worker.objects.get()], by=admin, now=now)
    heartbeat(worker=worker, now=now)
    assert worker.state == Worker.State.DRAINING


def test_drained_worker_is_alive_and_can_be_resumed(worker: Worker, admin: User, now: datetime) -> None:
    drain(workers=[worker], by=admin, now=now)
    drain(workers=[worker], by=admin, now=now)
    assert not Worker.objects.taking_runs(now).exists()
    assert Worker.objects.alive(now).exists()
    resume(workers=[worker], by=admin, now=now)
    assert Worker.objects.taking_runs(now).exists()
    kinds = list(Event.objects.filter(kind__startswith="worker.").order_by("id").values_list("kind", "actor_name"))
    assert kinds == [("worker.started", ""), ("worker.drained", "admin"), ("worker.resumed", "admin")]


def test_worker_that_left_stays_gone(worker: Worker, admin: User, now: datetime) -> None:
    leave(worker=worker, now=now)
    assert resume(workers=[worker], by=admin, now=now)[0].state == Worker.State.STOPPED
    assert not Worker.objects.alive(now).exists()


def test_times_without_a_scheduler_are_known_from_those_that_ran(db: None, now: datetime) -> None:
    def ran(begin: float, end: float) -> None:
        row = register(kind=Worker.Kind.SCHEDULER, name="host:3", now=now - timedelta(hours=begin))
        heartbeat(worker=row, now=now - timedelta(hours=end))

    def hours(since: float) -> list[tuple[float, float]]:
        gaps = scheduler_gaps(since=now - timedelta(hours=since), until=now)
        return [((now - begin) / timedelta(hours=1), (now - end) / timedelta(hours=1)) for begin, end in gaps]

    assert hours(6) == []  # there was none yet, so nothing was missed
    ran(5, 4)
    ran(4.5, 3)  # beside the first
    ran(2.999, 2)  # a restart
    assert hours(6) == [(2, 0)]
    ran(1, 0)
    assert hours(6) == [(2, 1)]
    assert hours(1.5) == [(1.5, 1)]
    assert hours(0.5) == []

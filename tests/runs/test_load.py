"""How full queues are told to be."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from foureyes.models import Job, JobResult, Worker
from foureyes.runs.load import busy_slots, queue_loads
from foureyes.runs.workers import drain, register
from foureyes.users.models import User


def test_a_queue_tells_its_slots_what_takes_them_and_what_waits(
    make_job: Callable[..., Job], ask: Callable[..., JobResult], worker: Worker, admin: User, now: datetime
) -> None:
    other = register(kind=Worker.Kind.WORKER, name="host:2", queues=["default", "slow"], slots=4, now=now)
    drained = register(kind=Worker.Kind.WORKER, name="host:3", queues=["slow"], slots=8, now=now)
    drain(workers=[drained], by=admin, now=now)
    job = make_job()
    running: dict[str, Any] = {"status": JobResult.Status.RUNNING, "worker": other, "lease_until": now}
    ask(job, **running, started_at=now)
    waits = ask(job)
    listening = list(Worker.objects.filter(kind=Worker.Kind.WORKER))
    loads = {one.name: one for one in queue_loads(listening=listening, busy=busy_slots())}
    default, slow = loads["default"], loads["slow"]
    assert (default.workers, default.slots, default.busy, default.waiting) == (2, 6, 1, 1)
    assert default.oldest == waits.created
    assert (slow.workers, slow.slots, slow.busy, slow.waiting, slow.oldest) == (2, 4, 1, 0, None)
    assert worker.queues == ["default"]


def test_a_queue_that_nobody_listens_on_is_told_while_something_waits(
    make_job: Callable[..., Job], ask: Callable[..., JobResult]
) -> None:
    ask(make_job(), queue="forgotten")
    (load,) = queue_loads(listening=[], busy=busy_slots())
    assert (load.name, load.slots, load.waiting) == ("forgotten", 0, 1)

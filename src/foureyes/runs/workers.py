"""The rows by which workers and schedulers are known, and the switches that people have for them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from foureyes.events import Kind, append
from foureyes.models import Worker
from foureyes.runs import doorbell
from foureyes.users.models import User


def register(*, kind: Worker.Kind, name: str, queues: Sequence[str] = (), slots: int = 0, now: datetime) -> Worker:
    """Make a process known."""
    with transaction.atomic():
        worker = Worker.objects.create(
            kind=kind, name=name, queues=list(queues), slots=slots, started_at=now, heartbeat_at=now
        )
        append(kind=Kind.WORKER_STARTED, at=now, subject=worker, data={"kind": kind, "queues": list(queues)})
    return worker


def heartbeat(*, worker: Worker, now: datetime) -> None:
    """Say that the process lives. Reads the state that people set into `worker`."""
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=now)
    worker.heartbeat_at = now
    worker.refresh_from_db(fields=["state"])


def leave(*, worker: Worker, now: datetime) -> None:
    """Say goodbye: the process ends in good order."""
    _switch(worker, Worker.State.STOPPED, Kind.WORKER_STOPPED, None, now)


def drain(*, workers: Sequence[Worker], by: User, now: datetime) -> list[Worker]:
    """Let workers finish what they run and take nothing new."""
    return [_switch(worker, Worker.State.DRAINING, Kind.WORKER_DRAINED, by, now) for worker in workers]


def resume(*, workers: Sequence[Worker], by: User, now: datetime) -> list[Worker]:
    """Let drained workers take runs again."""
    return [_switch(worker, Worker.State.RUNNING, Kind.WORKER_RESUMED, by, now) for worker in workers]


def _switch(worker: Worker, state: Worker.State, kind: Kind, by: User | None, now: datetime) -> Worker:
    with transaction.atomic():
        # A stopped one stays stopped, and a repeated wish leaves no second fact.
        live = Worker.objects.filter(pk=worker.pk).exclude(state__in=[state, Worker.State.STOPPED])
        if live.update(state=state):
            append(kind=kind, at=now, actor=by, subject=worker)
            transaction.on_commit(doorbell.ring)
        worker.refresh_from_db(fields=["state"])
    return worker

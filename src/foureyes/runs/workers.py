"""The rows by which workers and schedulers are known, and the switches that people have for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery

from foureyes.conf import get_conf
from foureyes.events import Kind, append
from foureyes.models import Worker
from foureyes.runs import doorbell
from foureyes.runs.lifecycle import Switch, switch
from foureyes.users.compiled import compiled
from foureyes.users.models import User

BEGIN_AND_END = ("started_at", "heartbeat_at")
FACTS = {
    Switch.DRAIN: Kind.WORKER_DRAINED,
    Switch.RESUME: Kind.WORKER_RESUMED,
    Switch.LEAVE: Kind.WORKER_STOPPED,
}


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
    """Say goodbye: the process ends in good order, or is known to be gone."""
    _switch(worker, Switch.LEAVE, None, now)


def drain(*, workers: Sequence[Worker], by: User, now: datetime) -> list[Worker]:
    """Let workers finish what they run and take nothing new. One that has left stays as it is."""
    return [_switch(worker, Switch.DRAIN, by, now) for worker in workers]


def resume(*, workers: Sequence[Worker], by: User, now: datetime) -> list[Worker]:
    """Let drained workers take runs again."""
    return [_switch(worker, Switch.RESUME, by, now) for worker in workers]


def scheduler_gaps(*, since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    """When no scheduler ran in a period, as far as their rows tell; what is shorter than a silence is none.

    The time before the first scheduler that is known is no gap: there was nothing that it could have missed.
    """
    seen = compiled(_schedulers, of=None, since=since, until=until)
    if not seen:
        return []
    least = timedelta(seconds=get_conf().worker_stale_seconds)
    gaps, heard = [], max(since, seen[0][0])
    for begin, end in seen:
        if begin - heard > least:
            gaps.append((heard, begin))
        heard = max(heard, end)
    return [*gaps, (heard, until)] if until - heard > least else gaps


def _schedulers(_: None, *, since: datetime, until: datetime) -> QuerySet[Worker, tuple[datetime, datetime]]:
    rows = Worker.objects.filter(kind=Worker.Kind.SCHEDULER, started_at__lt=until).order_by("started_at")
    begun = rows.values("started_at")[:1]
    return rows.filter(Q(heartbeat_at__gte=since) | Q(started_at=Subquery(begun))).values_list(*BEGIN_AND_END)


def _switch(worker: Worker, what: Switch, by: User | None, now: datetime) -> Worker:
    with transaction.atomic():
        if switch(worker=worker, what=what):
            append(kind=FACTS[what], at=now, actor=by, subject=worker)
            transaction.on_commit(doorbell.ring)
    return worker

"""How full the queues are: who listens, how many slots are taken, what waits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Subquery, Sum, Value

from foureyes.models import JobResult, Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLoad:
    """One queue. A worker of several queues counts in each of them, with all its slots and all that it runs."""

    name: str
    workers: int
    slots: int  # of workers that take runs
    busy: int
    waiting: int
    oldest: datetime | None  # since when the first one waits


def slots_at_all(now: datetime) -> Subquery:
    """How many runs can go at once in all workers that take runs, to be asked within another query."""
    taking = Worker.objects.taking_runs(now).order_by().annotate(one=Value(1)).values("one")
    return Subquery(taking.annotate(sum=Sum("slots")).values("sum"))


def busy_slots() -> Counter[UUID]:
    """How many runs each worker executes."""
    live = JobResult.objects.shown().filter(status=JobResult.Status.RUNNING, worker__isnull=False)
    return Counter(live.values_list("worker", flat=True))  # counted by SQLite it would go through all runs


def queue_loads(*, listening: Sequence[Worker], busy: Counter[UUID]) -> list[QueueLoad]:
    """Of each queue that live workers listen on or that runs wait under, by name."""
    pending = JobResult.objects.shown().filter(status=JobResult.Status.PENDING)
    counts = pending.values_list("queue").annotate(n=Count("pk"), oldest=Min("created")).order_by()
    waiting = {name: (count, oldest) for name, count, oldest in counts}
    found = []
    for name in sorted({queue for row in listening for queue in row.queues} | set(waiting)):
        here = [row for row in listening if name in row.queues]
        taking = [row for row in here if row.state == Worker.State.RUNNING]
        count, oldest = waiting.get(name, (0, None))
        found.append(
            QueueLoad(
                name=name,
                workers=len(here),
                slots=sum(row.slots for row in taking),
                busy=sum(busy[row.pk] for row in taking),
                waiting=count,
                oldest=oldest,
            )
        )
    return found

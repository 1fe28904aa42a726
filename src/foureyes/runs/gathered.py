"""Runs of a period for pictures of time. Where they are many, those that are alike between two edges are one."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connection

from foureyes.models import Job, Worker
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.users.models import User

MOST_RUNS = 4000  # the newest that are looked at
EACH_UP_TO = 500  # so many runs are given one by one, whatever they have in common
COLUMNS = (
    "job_model_id", "status", "cause", "cancel_requested_at", "queue", "worker_id", "pk", "name", "created",
    "started_at", "completed",
)  # fmt: skip
ALIKE, CREATED, COMPLETED = 6, 8, 10  # runs are alike by the first columns; places of others
Raw = Sequence[Any]  # a row as the database gave it


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A run; or so many that are alike, as the first of them with the end of the last."""

    run_id: UUID
    times: int
    status: str
    cause: str
    cancel_requested_at: datetime | None
    created: datetime
    started_at: datetime | None
    completed: datetime | None
    name: str
    job: Job | None
    queue: str
    worker: str


def gathered_runs(
    *, user: User, edges: Sequence[datetime], job: UUID | None = None, most_apart: int
) -> tuple[list[Gathered], bool]:
    """What was stored between the first edge and the last, in order, and whether that is all of it; in three queries.

    In a period of many runs, more than `most_apart` that are alike between two edges come as one.
    """
    runs = visible_runs(user).filter(created__gte=edges[0], created__lt=edges[-1])
    if job is not None:
        runs = runs.filter(job_model=job)
    rows, convert = _raw(runs.newest_first()[: MOST_RUNS + 1])
    shown = rows[MOST_RUNS - 1 :: -1]
    found = [(group[0], len(group), _end(group)) for group in _groups(shown, edges, most_apart)]
    jobs = Job.objects.only("name", "slug").in_bulk({convert(0, row[0]) for row, *_ in found} - {None})
    workers = dict(Worker.objects.filter(pk__in={row[5] for row, *_ in found} - {None}).values_list("pk", "name"))
    gathered = []
    for row, times, end in found:
        job_id, status, cause, cancel, queue, worker, key, name, created, started, _ = map(convert, range(11), row)
        gathered.append(
            Gathered(
                run_id=key,
                times=times,
                status=status,
                cause=cause,
                cancel_requested_at=cancel,
                created=created,
                started_at=started,
                completed=convert(COMPLETED, end),
                name=name,
                job=jobs.get(job_id),
                queue=queue,
                worker=workers.get(worker, ""),
            )
        )
    return gathered, len(rows) <= MOST_RUNS


def _groups(rows: Sequence[Raw], edges: Sequence[datetime], most_apart: int) -> Iterator[list[Raw]]:
    """Rows in order of time; those that are alike between two edges together, where there are more than so many."""
    if len(rows) <= EACH_UP_TO:
        yield from ([row] for row in rows)
        return
    aware = rows[0][CREATED].tzinfo is not None
    instants = [edge if aware else edge.astimezone(UTC).replace(tzinfo=None) for edge in edges]
    alike: dict[Any, list[Raw]] = {}
    for row in rows:
        alike.setdefault((bisect_right(instants, row[CREATED]), *row[:ALIKE]), []).append(row)
    for group in alike.values():
        if len(group) > most_apart:
            yield group
        else:
            yield from ([row] for row in group)


def _end(group: Sequence[Raw]) -> Any:
    """The end of the last; none while one has not ended."""
    ends = [row[COMPLETED] for row in group]
    return None if None in ends else max(ends)


def _raw(runs: JobResultQuerySet) -> tuple[list[Raw], Callable[[int, Any], Any]]:
    """The columns of rows, and what makes a value of a column what Python has: of most rows nobody needs that."""
    compiler = runs.values_list(*COLUMNS).query.get_compiler(connection=connection)
    rows = list(chain.from_iterable(compiler.execute_sql()))
    converters = compiler.get_converters([column for column, *_ in compiler.select]) if rows else {}

    def convert(place: int, value: Any) -> Any:
        chosen, expression = converters.get(place, ((), None))
        for converter in chosen:
            value = converter(value, expression, connection)
        return value

    return rows, convert

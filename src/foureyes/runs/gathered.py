"""Runs of a period for pictures of time. Where they are many, those that are alike between two edges are one."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import itemgetter
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from foureyes.models import JobResult, ScheduledJob
from foureyes.models.job_result import JobResultQuerySet
from foureyes.runs.queries import visible_runs
from foureyes.runs.statements import names_of
from foureyes.users.compiled import ready
from foureyes.users.models import User
from foureyes.users.permissions import restrict

MOST_RUNS = 3000  # the newest that are looked at
EACH_UP_TO = 500  # so many runs are given one by one, whatever they have in common
COLUMNS = (
    "job_model_id", "status", "cause", "cancel_requested_at", "queue", "worker_id", "schedule_id", "pk", "name",
    "created", "started_at", "completed",
)  # fmt: skip
JOB, WORKER, SCHEDULE, CREATED, COMPLETED = 0, 5, 6, 9, 11  # runs are alike by the columns before the schedule
INSTANTS = frozenset({"created", "started_at", "completed"})
Named = tuple[UUID | None, str, str]  # a row with its name, and with its slug if it is a job
NOBODY: Named = (None, "", "")
Raw = Sequence[Any]  # a row as the database gave it
Made = TypeVar("Made", covariant=True)


class Making(Protocol[Made]):
    """Makes what is shown of a run; or of so many that are alike, as the first of them with the end of the last.

    The name of its schedule is there if the person may view that, and if all of them are of that one; a wish for now
    is a schedule that nobody named.
    """

    def __call__(
        self,
        key: UUID | str,  # its id, as the database gave it
        times: int,
        status: str,
        cause: str,
        cancelling: bool,
        begin: datetime,  # when it started, or was stored if it has not
        completed: datetime | None,
        job_id: UUID | None,
        job_name: str,  # or its class path, where the job is gone
        job_slug: str,
        queue: str,
        worker: str,
        schedule_id: UUID | None,
        schedule: str,
        /,
    ) -> Made: ...


def gathered_runs(
    make: Making[Made],
    *,
    user: User,
    edges: Sequence[datetime],
    rows: JobResultQuerySet | None = None,
    most_apart: int,
    by_schedule: bool = False,
) -> tuple[list[Made], bool]:
    """What of `rows` (all by default) was stored between the first edge and the last, in order, and whether that is
    all of it; in three queries. There are thousands, so each is made as it is wanted at once.

    In a period of many runs, more than `most_apart` that are alike between two edges come as one; `by_schedule` those
    of different schedules are not alike.
    """
    since, until, most = edges[0], edges[-1], MOST_RUNS + 1
    if rows is None:
        read = _raw(ready(_stored, most, of=user, since=since, until=until))
    else:
        read = _raw(_stored(user, most, rows, since=since, until=until))
    found = list(_groups(read[MOST_RUNS - 1 :: -1], edges, most_apart, SCHEDULE + by_schedule))
    if not found:
        return [], True
    jobs, workers = ({row[place] for row, *_ in found} - {None} for place in (JOB, WORKER))
    named = {key: (_id(key), name, slug) for key, name, slug in names_of(jobs=jobs, workers=workers)}
    named |= _schedules({key for *_, key in found} - {None}, user)
    return [_made(make, *one, named) for one in found], len(read) <= MOST_RUNS


def _made(make: Making[Made], row: Raw, times: int, end: Any, schedule: Any, named: Mapping[Any, Named]) -> Made:
    job, status, cause, cancel, queue, worker, _, key, name, created, started, _ = row
    job_id, job_name, job_slug = named.get(job, NOBODY)
    schedule_id, schedule_name, _ = named.get(schedule, NOBODY)
    return make(
        key,
        times,
        status,
        cause,
        cancel is not None,
        _at(started or created),
        end and _at(end),
        job_id,
        job_name or name,
        job_slug,
        queue,
        named.get(worker, NOBODY)[1],
        schedule_id,
        schedule_name,
    )


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def _at(text: str) -> datetime:
    """An instant as Python has it. The offset is read with the text: to add it afterwards takes six times as long."""
    return datetime.fromisoformat(f"{text}+00:00")


def _text(at: datetime) -> str:
    """The other way round."""
    return str(at.astimezone(UTC).replace(tzinfo=None))


def _schedules(ids: Collection[Any], user: User) -> dict[Any, Named]:
    """Those that have a name and that the person may view, by the ids as the database gave them."""
    if not ids:
        return {}
    nameless = Q(state=ScheduledJob.State.DELETED) | Q(interval=ScheduledJob.Interval.IMMEDIATELY)
    rows = restrict(ScheduledJob.objects.exclude(nameless), user=user, action="view")
    known = {_id(key): key for key in ids}
    return {known[key]: (key, name, "") for key, name in rows.filter(pk__in=known).values_list("pk", "name")}


Found = tuple[Raw, int, Any, Any]  # the first of a group, how many there are, the end of the last, the schedule of all


def _groups(rows: Sequence[Raw], edges: Sequence[datetime], most_apart: int, alike_by: int) -> Iterator[Found]:
    """Rows in order of time; those that are alike between two edges together, where there are more than so many."""
    if len(rows) <= EACH_UP_TO:
        yield from map(_alone, rows)
        return
    begin = 0
    for edge in edges[1:]:
        end = bisect_left(rows, _text(edge), begin, key=itemgetter(CREATED))
        alike: dict[Raw, list[Raw]] = defaultdict(list)
        for row in rows[begin:end]:
            alike[row[:alike_by]].append(row)
        for group in alike.values():
            if len(group) > most_apart:
                schedules = {row[SCHEDULE] for row in group}
                yield group[0], len(group), _end(group), schedules.pop() if len(schedules) == 1 else None
            else:
                yield from map(_alone, group)
        begin = end


def _alone(row: Raw) -> Found:
    return row, 1, row[COMPLETED], row[SCHEDULE]


def _end(group: Sequence[Raw]) -> Any:
    """The end of the last; none while one has not ended."""
    ends = [row[COMPLETED] for row in group]
    return None if None in ends else max(ends)


def _stored(
    user: User, most: int, rows: JobResultQuerySet | None = None, *, since: datetime, until: datetime
) -> QuerySet[JobResult, Any]:
    """Their columns, but instants as texts in UTC: most of them are only compared."""
    runs = visible_runs(user, rows).filter(created__gte=since, created__lt=until)
    columns = [_Instant(name, TextField()) if name in INSTANTS else name for name in COLUMNS]
    return runs.newest_first().values_list(*columns)[:most]


def _raw(runs: QuerySet[JobResult, Any]) -> list[Raw]:
    """The rows as the database gives them."""
    return list(chain.from_iterable(runs.query.get_compiler(connection=connection).execute_sql()))


class _Instant(Cast):
    """An instant as the text that SQLite keeps; PostgreSQL leaves out zeros at its end, which changes no order."""

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """In UTC, whatever the zone of the connection."""
        told = "(%(expressions)s AT TIME ZONE 'UTC')::%(db_type)s"
        return self.as_sql(compiler, connection, template=told, **context)

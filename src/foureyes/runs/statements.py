"""Raw statements for what is done for every run and every log line; through the ORM they take several times as long.

Tables and columns are those of the models. What the scheduler asks is in `schedules/statements.py`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, cast
from uuid import UUID

from django.db import connection, connections
from django.db.models import Model, QuerySet

from foureyes.models import JobResult
from foureyes.users.rows import Row, by_column, made

INSERT_LOG_LINE = """
INSERT INTO extras_joblogentry
    (id, job_result_id, sequence, created, log_level, grouping, message, log_object, absolute_url)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
CLAIMABLE = """
SELECT run.id FROM extras_jobresult run
WHERE run.status = 'pending' AND run.queue IN ({queues}) AND run.available_at <= %s {but_jobs}
    AND EXISTS (SELECT 1 FROM extras_worker WHERE id = %s AND state = 'running')
ORDER BY run.priority DESC, run.id LIMIT %s {lock}
"""
BUT_JOBS = "AND (run.job_model_id IS NULL OR run.job_model_id NOT IN ({jobs}))"
UPDATE_RUN = """
UPDATE extras_jobresult SET {sets}
WHERE id = %s AND attempt = %s AND worker_id {worker} AND status IN ({statuses})
"""
NAMES = """
SELECT id, name, slug FROM extras_job WHERE id IN ({jobs})
UNION ALL SELECT id, name, '' FROM extras_worker WHERE id IN ({workers})
"""
DELETE_INPUT_FILES = "DELETE FROM extras_inputfile WHERE job_result_id = %s"
GROUP_NAMES = """
SELECT name FROM auth_group JOIN users_user_groups ON auth_group.id = users_user_groups.group_id
WHERE users_user_groups.user_id = %s ORDER BY name
"""
ASKED_TO_CANCEL = """
SELECT id, cancelled_by_name FROM extras_jobresult
WHERE status = 'running' AND worker_id = %s AND cancel_requested_at IS NOT NULL
"""


def insert_log_lines(rows: Iterable[Sequence[Any]]) -> None:
    """Insert log lines; each row has the values of the statement."""
    with connection.cursor() as cursor:
        cursor.executemany(INSERT_LOG_LINE, list(rows))


def claimable_runs(
    *, worker_id: UUID, queues: Sequence[str], limit: int, but_jobs: Iterable[UUID] = (), now: datetime
) -> list[UUID]:
    """Pending runs in the order in which they are to be claimed; none if the worker is drained.

    Inside a transaction they are locked, and those that another worker has locked are passed over. (PostgreSQL; SQLite
    has one writer at a time anyway.)
    """
    left_out = [stored_id(job) for job in but_jobs]
    statement = CLAIMABLE.format(
        queues=places(queues),
        but_jobs=BUT_JOBS.format(jobs=places(left_out)) if left_out else "",
        lock="FOR UPDATE SKIP LOCKED"
        if connection.in_atomic_block and connection.features.has_select_for_update
        else "",
    )
    found = _rows(statement, [*queues, stored_instant(now), *left_out, stored_id(worker_id), limit])
    return [UUID(str(run)) for (run,) in found]


def read_rows(model: type[Row], ids: Collection[Any], *, but: Collection[str] = ()) -> dict[Any, Row]:
    """The rows with these ids, by id, without the columns `but`. As `in_bulk`, in a tenth of its time."""
    if not ids:
        return {}
    key = model._meta.pk
    rest = f'WHERE "{key.column}" IN ({places(ids)})'
    found = select_rows(model, rest, [key.get_db_prep_value(value, connection) for value in ids], but=but)
    return {row.pk: row for row in found}


def select_rows(model: type[Row], rest: str, values: Sequence[Any], *, but: Collection[str] = ()) -> list[Row]:
    """The rows that a statement gives; `rest` is what follows the table's name. Columns `but` are read when asked for.

    They are made as `users.rows` tells.
    """
    columns, names, converters = _reading(model, tuple(but), connection.alias)
    found = _rows(f"SELECT {columns} FROM {model._meta.db_table} {rest}", values)  # noqa: S608 - names of ours
    columns_of_rows = by_column(found, converters)
    alias = connection.alias
    return [made(model, names, row, alias) for row in zip(*columns_of_rows, strict=True)]


def columns_of(model: type[Model], *, void: Collection[str] = ()) -> str:
    """The columns that `select_rows` reads, for another SELECT of its statement; None comes for those of `void`."""
    return ", ".join("NULL" if field.name in void else f'"{field.column}"' for field in model._meta.concrete_fields)


def paths_of(names: Sequence[str], *beside: tuple[str, Sequence[str]]) -> list[str]:
    """What to give to `values_list` for `query_rows`."""
    columns, path = ["pk", *names], ""
    for key, shown in beside:
        path = f"{path}__{key}" if path else key
        columns += [path, *(f"{path}__{name}" for name in shown)]
    return columns


def query_rows(rows: QuerySet[Any, Any], names: Sequence[str], *beside: tuple[str, Sequence[str]]) -> list[Any]:
    """The same for a query of the `paths_of` these: the columns `names`, and what foreign keys point to. `beside` has
    the name of one with the columns that are shown of its row, then one of that row, and so on. What several point to
    is one object. Others are read when asked for."""
    model: type[Model] = rows.model
    own = shown = [model._meta.pk.attname, *names]
    links: list[tuple[str, type[Model], list[str], int, dict[Any, Model | None]]] = []
    begin = len(own)
    for key, names_beside in beside:
        shown.append(f"{key}_id")  # it is the key of the row beside, which follows at once
        model = cast("type[Model]", model._meta.get_field(key).related_model)
        shown = [model._meta.pk.attname, *names_beside]
        links.append((key, model, shown, begin, {None: None}))
        begin += len(shown)
    compiler = rows.query.get_compiler(connection=connection)
    found = list(chain.from_iterable(compiler.execute_sql()))
    columns = by_column(found, compiler.get_converters([column for column, *_ in compiler.select]))
    alias, every = connection.alias, []
    for values in zip(*columns, strict=True):
        every.append(made(rows.model, own, values[: len(own)], alias))
        row: Model | None = every[-1]
        for key, model, shown, place, known in links:
            if row is None:
                break
            if (other := values[place]) not in known:
                known[other] = made(model, shown, values[place : place + len(shown)], alias)
            row._state.fields_cache[key] = known[other]
            row = known[other]
    return every


@cache
def _reading(
    model: type[Model], but: tuple[str, ...], alias: str
) -> tuple[str, list[str], dict[int, tuple[list[Any], Any]]]:
    """How to read rows of a model: columns, attributes, and what makes Python values of those of the database."""
    fields = [field for field in model._meta.concrete_fields if field.name not in but]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    chains = {}
    for place, field in enumerate(fields):
        expression = field.get_col(model._meta.db_table)
        given = connections[alias].ops.get_db_converters(expression), expression.get_db_converters(connections[alias])
        if steps := [converter for some in given for converter in some]:
            chains[place] = steps, expression
    return columns, [field.attname for field in fields], chains


def names_of(*, jobs: Iterable[Any], workers: Iterable[Any]) -> list[tuple[Any, str, str]]:
    """Id, name and slug of jobs, id and name of workers; with ids as the database gives them, and takes them here."""
    asked = [*jobs] or [None], [*workers] or [None]
    return _rows(NAMES.format(jobs=places(asked[0]), workers=places(asked[1])), [*asked[0], *asked[1]])


def update_run(
    *, run_id: UUID, worker_id: UUID | None, attempt: int, statuses: Collection[str], columns: Mapping[str, Any]
) -> bool:
    """Set columns of the run, if it is in one of these states and with that worker and attempt; says whether it was."""
    fields: list[Any] = [JobResult._meta.get_field(name) for name in columns]
    sets = ", ".join(f'"{field.column}" = %s' for field in fields)
    worker = "= %s" if worker_id else "IS NULL"
    statement = UPDATE_RUN.format(sets=sets, worker=worker, statuses=places(statuses))
    values = [
        field.get_db_prep_save(value.pk if isinstance(value, Model) else value, connection)
        for field, value in zip(fields, columns.values(), strict=True)
    ]
    held = [stored_id(run_id), attempt, *([stored_id(worker_id)] if worker_id else []), *statuses]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *held])
        return bool(cursor.rowcount == 1)


def delete_input_files(*, run_id: UUID) -> None:
    """Remove the rows of a run's uploads."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_INPUT_FILES, [stored_id(run_id)])


def group_names(*, user_id: UUID) -> list[str]:
    """The groups of a person, by name."""
    return [str(name) for (name,) in _rows(GROUP_NAMES, [stored_id(user_id)])]


def asked_to_cancel(*, worker_id: UUID) -> list[tuple[UUID, str]]:
    """The runs of a worker that somebody wants ended, and who."""
    return [(UUID(str(run)), by) for run, by in _rows(ASKED_TO_CANCEL, [stored_id(worker_id)])]


def stored_id(value: UUID) -> Any:
    """An id as the database takes it."""
    return value if connection.features.has_native_uuid_field else value.hex


def stored_instant(at: datetime) -> Any:
    """An instant as the database takes it."""
    return connection.ops.adapt_datetimefield_value(at)


def places(values: Collection[Any]) -> str:
    """As many marks for values as there are."""
    return ", ".join(["%s"] * len(values))


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

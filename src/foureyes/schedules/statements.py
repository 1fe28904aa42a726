"""Raw statements for what the scheduler asks every time it wakes.

SQLite uses a partial index only for a condition that is written out as in the index, not for one with parameters.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from foureyes.models import Occurrence, ScheduledJob
from foureyes.runs.statements import select_rows, stored_id, stored_instant

LIVE = "state IN ('active', 'paused') AND next_run_at IS NOT NULL"
NEXT_DUE = f"SELECT next_run_at FROM extras_scheduledjob WHERE {LIVE} ORDER BY next_run_at LIMIT 1"  # noqa: S608 - own words
DUE_PAIRS = f"""
SELECT DISTINCT job_model_id, user_id FROM (
    SELECT job_model_id, user_id FROM extras_scheduledjob WHERE {LIVE} AND next_run_at <= %s
    ORDER BY next_run_at LIMIT %s
) due
"""  # noqa: S608 - own words
DUE = f"WHERE {LIVE} AND next_run_at <= %s ORDER BY next_run_at LIMIT %s"
# Columns that firing has no use for.
NOT_ASKED = (
    "description", "listed", "priority", "sensitive", "user_name", "approval_required", "approved_by_user",
    "approved_at", "created", "date_changed",
)  # fmt: skip
BUSY = """
SELECT DISTINCT schedule_id FROM extras_jobresult
WHERE status IN ('pending', 'running') AND schedule_id IN ({places})
"""
WAITING = """
SELECT * FROM extras_occurrence waiting WHERE fate = 'queued'
    AND NOT EXISTS (SELECT 1 FROM extras_jobresult run WHERE run.schedule_id = waiting.scheduled_job_id
                    AND run.status IN ('pending', 'running'))
ORDER BY scheduled_job_id, planned_at
"""


def next_due_at() -> datetime | None:
    """The next instant of any schedule; in the past if something is due."""
    found = _rows(NEXT_DUE, [])
    return _instant(found[0][0]) if found else None


def due_pairs(*, now: datetime, limit: int) -> set[tuple[UUID | None, UUID | None]]:
    """Job and requester of the schedules that `due_schedules` would give."""
    return {(_id(job), _id(user)) for job, user in _rows(DUE_PAIRS, [stored_instant(now), limit])}


def due_schedules(*, now: datetime, limit: int) -> list[ScheduledJob]:
    """The schedules that are due, the longest first, locked; those that another scheduler has locked are left out."""
    lock = "FOR NO KEY UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    return select_rows(ScheduledJob, f"{DUE} {lock}", [stored_instant(now), limit], but=NOT_ASKED)


def busy_schedules(ids: Iterable[UUID]) -> set[UUID]:
    """Those of these schedules that have a run which has not ended."""
    wanted = [stored_id(key) for key in ids]
    if not wanted:
        return set()
    statement = BUSY.format(places=", ".join(["%s"] * len(wanted)))
    return {UUID(str(key)) for (key,) in _rows(statement, wanted)}


def free_to_go() -> list[Occurrence]:
    """The instants that wait for the previous run of their schedule, which has ended; by schedule, then instant."""
    return list(Occurrence.objects.raw(WAITING))


def waiting_of(ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many instants of these schedules wait for their previous run."""
    wanted = [stored_id(key) for key in ids]
    if not wanted:
        return {}
    places = ", ".join(["%s"] * len(wanted))
    statement = (
        "SELECT scheduled_job_id, COUNT(*) FROM extras_occurrence "  # noqa: S608 - placeholders only
        f"WHERE fate = 'queued' AND scheduled_job_id IN ({places}) GROUP BY scheduled_job_id"
    )
    return {UUID(str(key)): count for key, count in _rows(statement, wanted)}


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _id(value: Any) -> UUID | None:
    return None if value is None else UUID(str(value))


def _instant(value: Any) -> datetime:
    column = ScheduledJob._meta.get_field("next_run_at")
    for convert in [*connection.ops.get_db_converters(column.get_col("")), *column.get_db_converters(connection)]:
        value = convert(value, None, connection)
    found: datetime = value
    return found

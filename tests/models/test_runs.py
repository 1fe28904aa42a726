"""Named questions about runs, and the indexes that answer them."""

from uuid import UUID

import pytest
from django.db import connection

from foureyes.models import JobResult
from foureyes.models.job_result import JobResultQuerySet

Cause = JobResult.Cause
RUNS = JobResult.objects.shown().newest_first()


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (RUNS.dry(), "run_dry"),
        (RUNS.stopped(Cause.CANCELLED), "run_stopped"),
        (RUNS.stopped(Cause.WORKER_LOST), "run_stopped"),
        (RUNS.filter(hook_run_id=UUID(int=1)), "run_after_run"),
    ],
)
def test_rare_runs_are_found_by_their_index(db: None, rows: JobResultQuerySet, index: str) -> None:
    """Otherwise a list of a few reads a million. SQLite matches partial indexes by the letter."""
    statement, values = rows[:50].query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{'EXPLAIN QUERY PLAN' if connection.vendor == 'sqlite' else 'EXPLAIN'} {statement}", values)
        plan = str(cursor.fetchall())
    assert index in plan
    assert "B-TREE" not in plan

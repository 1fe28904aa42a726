"""Several questions in one query: numbers, and short rows as their columns have them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from foureyes.models import Job, JobResult, RunChange
from foureyes.users.answers import CountOf, RowsOf, answers
from foureyes.users.models import User

MakeJob = Callable[..., Job]
MakeRun = Callable[..., JobResult]


def test_rows_come_in_their_order_with_what_their_columns_hold(
    alice: User, make_job: MakeJob, make_run: MakeRun, now: datetime, django_assert_num_queries: Any
) -> None:
    run = make_run(make_job("Hello"), alice)
    values = ["text", {"deep": [1, None, "é"]}, None, [True, 2.5], '"quoted"']
    rows = [
        RunChange(job_result=run, sequence=number, created=now, target=f"t{number}", before=value, after=number)
        for number, value in enumerate(values)
    ]
    RunChange.objects.bulk_create(rows)
    changes = RunChange.objects.filter(job_result=run)
    columns = ("pk", "sequence", "created", "target", "before", "after", "job_result__job_model__name", "summary")
    with django_assert_num_queries(1):
        told = answers(
            to=alice,
            newest=RowsOf(changes.order_by("-sequence")[:2], *columns),
            every=RowsOf(changes.order_by("sequence"), "before"),
            count=CountOf(changes),
            none=RowsOf(changes.none(), *columns),
            nothing=RowsOf(changes.filter(sequence__gt=9), *columns),
        )
    assert told["newest"] == [
        [rows[4].pk, 4, now, "t4", '"quoted"', 4, "Hello", ""],
        [rows[3].pk, 3, now, "t3", [True, 2.5], 3, "Hello", ""],
    ]
    assert isinstance(told["newest"][0][0], UUID)
    assert told["newest"][0][2].utcoffset() is not None
    assert [value for (value,) in told["every"]] == values
    assert (told["count"], told["none"], told["nothing"]) == (5, [], [])

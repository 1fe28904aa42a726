"""Rows that are read past the ORM are those that it would give."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from foureyes.models import Job, JobResult, ScheduledJob
from foureyes.runs.statements import paths_of, query_rows

COLUMNS = ("name", "status", "created", "commit", "job_kwargs")


def read(runs: QuerySet[JobResult], *columns: Any) -> list[JobResult]:
    return query_rows(runs.values_list(*paths_of(*columns)), *columns)


@pytest.fixture
def rows(ask: Any, make_job: Callable[..., Job], now: datetime) -> list[JobResult]:
    job = make_job()
    found = [ask(job), ask(job), ask(job)]
    JobResult.objects.filter(pk=found[2].pk).update(job_model=None)
    return list(JobResult.objects.order_by("pk"))


def test_rows_of_a_query_are_those_of_the_orm(rows: list[JobResult]) -> None:
    with CaptureQueriesContext(connection) as seen:
        found = read(JobResult.objects.order_by("pk"), COLUMNS, ("job_model", ("name", "task_queues")))
        told = [(run.job_model and (run.job_model.name, run.job_model.task_queues)) for run in found]
    assert len(seen) == 1
    assert found == rows
    assert [[getattr(run, name) for name in COLUMNS] for run in found] == [
        [getattr(run, name) for name in COLUMNS] for run in rows
    ]
    assert told == [(run.job_model and (run.job_model.name, run.job_model.task_queues)) for run in rows]


def test_what_many_rows_point_to_is_there_once(rows: list[JobResult]) -> None:
    found = read(JobResult.objects.order_by("pk"), COLUMNS, ("job_model", ("name",)))
    assert found[0].job_model is found[1].job_model
    assert found[2].job_model is None


def test_what_that_points_to_comes_with_it(rows: list[JobResult], now: datetime) -> None:
    plan = {"interval": "daily", "start_time": now, "decided_until": now, "created": now, "date_changed": now}
    schedule = ScheduledJob.objects.create(name="nightly", job_model=rows[0].job_model, **plan)
    without = ScheduledJob.objects.create(name="of a job that is gone", **plan)
    for run, of in zip(rows, (schedule, schedule, without), strict=True):
        JobResult.objects.filter(pk=run.pk).update(schedule=of)
    with CaptureQueriesContext(connection) as seen:
        runs = JobResult.objects.order_by("pk")
        first, second, third = read(runs, COLUMNS, ("schedule", ("name",)), ("job_model", ("slug",)))
        told = [run.schedule and (run.schedule.name, run.schedule.job_model) for run in (first, second, third)]
    assert len(seen) == 1
    assert first.schedule is second.schedule
    assert told == [("nightly", rows[0].job_model), ("nightly", rows[0].job_model), ("of a job that is gone", None)]


def test_other_columns_are_read_when_they_are_asked_for(rows: list[JobResult]) -> None:
    (first, *_) = read(JobResult.objects.order_by("pk"), COLUMNS, ("job_model", ("name",)))
    assert first.queue == rows[0].queue
    assert first.job_model is not None
    assert rows[0].job_model is not None
    assert first.job_model.slug == rows[0].job_model.slug


def test_a_query_may_have_no_rows(db: None) -> None:
    assert read(JobResult.objects.all(), COLUMNS, ("job_model", ("name",))) == []

"""The ledger."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foureyes.models import Occurrence, ScheduledJob
from foureyes.users.models import ObjectPermission, User

LIST = "/api/occurrences/"
MakeSchedule = Callable[..., ScheduledJob]


@pytest.fixture
def line(now: datetime) -> Callable[..., Occurrence]:
    """A line of the ledger, so many hours ago."""

    def make(schedule: ScheduledJob, hours: int, **values: Any) -> Occurrence:
        given = {"fate": "fired", "planned_at": now - timedelta(hours=hours), "decided_at": now, "revision": 1}
        return Occurrence.objects.create(scheduled_job=schedule, **(given | values))

    return make


def planned(answer: Any) -> list[str]:
    return [row["planned_at"] for row in answer.json()["results"]]


def test_line_tells_schedule_job_fate_and_run(
    api: APIClient, make_schedule: MakeSchedule, make_result: Any, line: Any
) -> None:
    schedule = make_schedule("nightly")
    fired = line(schedule, 1)
    run = make_result(schedule.job_model, None, schedule=schedule, occurrence=fired)
    (row,) = api.get(LIST).json()["results"]
    assert row == {
        "id": str(fired.pk),
        "schedule": {"id": str(schedule.pk), "name": "nightly"},
        "job": {
            "id": str(schedule.job_model_id),
            "name": "Hello",
            "slug": "local-sample-hello",
            "url": f"http://testserver/api/extras/jobs/{schedule.job_model_id}/",
        },
        "planned_at": "2026-11-23T11:00:00Z",
        "last_planned_at": None,
        "count": 1,
        "fate": "fired",
        "reason": "",
        "decided_at": "2026-11-23T12:00:00Z",
        "run": str(run.pk),
        "run_status": "completed",
    }


def test_lines_of_a_deleted_schedule_stay(api: APIClient, make_schedule: MakeSchedule, line: Any) -> None:
    line(make_schedule("gone", state="deleted", job_model=None), 1, fate="skipped", reason="paused: audit")
    (row,) = api.get(LIST).json()["results"]
    assert (row["job"], row["run"], row["reason"]) == (None, None, "paused: audit")


def test_hidden_run_is_not_named(
    api: APIClient, make_schedule: MakeSchedule, make_result: Any, line: Any, now: datetime
) -> None:
    schedule = make_schedule("nightly")
    make_result(schedule.job_model, None, schedule=schedule, occurrence=line(schedule, 1), hidden_at=now)
    (row,) = api.get(LIST).json()["results"]
    assert (row["run"], row["run_status"]) == (None, None)


def test_the_latest_come_first_in_pages(api: APIClient, make_schedule: MakeSchedule, line: Any) -> None:
    one, other = make_schedule("one"), make_schedule("other")
    for hours in (3, 1, 2):
        line(one, hours)
    line(other, 2)  # at the same instant as another one
    first = api.get(f"{LIST}?limit=2")
    second = api.get(first.json()["next"])
    assert planned(first) + planned(second) == [
        "2026-11-23T11:00:00Z",
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00Z",
        "2026-11-23T09:00:00Z",
    ]
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("fate=missed", ["2026-11-23T09:00:00Z"]),
        ("from=2026-11-23T10:00:00Z", ["2026-11-23T11:00:00Z"]),
        ("to=2026-11-23T11:00:00Z", ["2026-11-23T09:00:00Z"]),
        ("job=local-sample-hello&fate=fired", ["2026-11-23T11:00:00Z"]),
        ("job=local-sample-other", []),
    ],
)
def test_filters(api: APIClient, make_schedule: MakeSchedule, line: Any, query: str, found: list[str]) -> None:
    schedule = make_schedule("one")
    line(schedule, 1)
    line(schedule, 3, fate="missed")
    assert planned(api.get(f"{LIST}?{query}")) == found


def test_line_for_many_instants_belongs_to_every_period_of_them(
    api: APIClient, make_schedule: MakeSchedule, line: Any, now: datetime
) -> None:
    schedule = make_schedule("one")
    line(schedule, 48, fate="missed", count=24, last_planned_at=now - timedelta(hours=24))
    assert len(planned(api.get(f"{LIST}?schedule={schedule.pk}&from=2026-11-22T00:00:00Z"))) == 1
    assert planned(api.get(f"{LIST}?from=2026-11-23T00:00:00Z")) == []


def test_lines_of_hidden_schedules_are_hidden(
    client_of: Any, alice: User, make_schedule: MakeSchedule, line: Any
) -> None:
    mine, other = make_schedule("mine"), make_schedule("other")
    line(mine, 1)
    line(other, 2)
    permission = ObjectPermission.objects.create(name="mine", actions=["view"], constraints={"name": "mine"})
    permission.object_types.add(ContentType.objects.get_for_model(ScheduledJob))
    permission.users.add(alice)
    (row,) = client_of(alice).get(LIST).json()["results"]
    assert row["schedule"]["name"] == "mine"


def test_a_page_is_one_query(api: APIClient, make_schedule: MakeSchedule, make_result: Any, line: Any) -> None:
    api.get(LIST)
    for number in range(3):
        schedule = make_schedule(str(number))
        make_result(schedule.job_model, None, occurrence=line(schedule, 1))
    with CaptureQueriesContext(connection) as made:
        assert len(planned(api.get(LIST))) == 3
    assert sum("extras_occurrence" in query["sql"] for query in made) == 1
    assert len(made) <= 3

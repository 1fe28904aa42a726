"""Scheduled jobs on their 1.x addresses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foureyes.models import Job, ScheduledJob
from foureyes.users.models import ObjectPermission, User

LIST = "/api/extras/scheduled-jobs/"
MakeJob = Callable[..., Job]
MakeSchedule = Callable[..., ScheduledJob]


def names(answer: Any) -> list[str]:
    return [row["name"] for row in answer.json()["results"]]


def test_full_form_has_exactly_the_keys_of_1_x(api: APIClient, admin: User, make_schedule: MakeSchedule) -> None:
    schedule = make_schedule("nightly", user=admin, user_name="admin")
    assert api.get(f"{LIST}{schedule.pk}/").json() == {
        "id": str(schedule.pk),
        "display": "nightly: daily",
        "url": f"http://testserver{LIST}{schedule.pk}/",
        "name": "nightly",
        "user": {
            "display": "admin",
            "id": str(admin.pk),
            "url": f"http://testserver/api/users/users/{admin.pk}/",
            "username": "admin",
        },
        "job_model": api.get(f"/api/extras/jobs/{schedule.job_model_id}/?brief=1").json(),
        "task": "foureyes.schedules.fire",
        "interval": "daily",
        "queue": None,
        "job_class": "local/sample/Hello",
        "last_run_at": None,
        "total_run_count": 0,
        "date_changed": "2026-11-23T12:00:00Z",
        "description": "Foureyes job nightly scheduled by admin on 2026-11-24 12:00:00+00:00",
        "approved_by_user": None,
        "approval_required": False,
        "approved_at": None,
        "crontab": "",
    }


def test_schedule_without_job_and_requester_is_shown(api: APIClient, make_schedule: MakeSchedule) -> None:
    schedule = make_schedule("left", job_model=None, description="what it is for")
    body = api.get(f"{LIST}{schedule.pk}/").json()
    assert (body["job_model"], body["user"], body["description"]) == (None, None, "what it is for")


@pytest.mark.parametrize("state", ["cancelled", "denied", "withdrawn", "deleted"])
def test_what_1_x_would_have_deleted_is_not_there(api: APIClient, make_schedule: MakeSchedule, state: str) -> None:
    schedule = make_schedule("gone", state=state)
    assert api.get(f"{LIST}{schedule.pk}/").status_code == 404
    assert api.get(LIST).json()["count"] == 0


@pytest.mark.parametrize("state", ["pending", "active", "paused", "finished", "errored", "expired"])
def test_everything_else_is(api: APIClient, make_schedule: MakeSchedule, state: str) -> None:
    schedule = make_schedule("there", state=state)
    assert api.get(f"{LIST}{schedule.pk}/").status_code == 200
    assert names(api.get(LIST)) == ["there"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_writes_are_a_405(api: APIClient, make_schedule: MakeSchedule, method: str) -> None:
    schedule = make_schedule("kept")
    for address in (LIST, f"{LIST}{schedule.pk}/"):
        answer = getattr(api, method)(address, {"name": "x"})
        assert (answer.status_code, answer.json()["detail"]) == (405, f'Method "{method.upper()}" not allowed.')


def test_options_tell_what_1_x_tells(api: APIClient) -> None:
    told = api.options(LIST).json()
    assert (told["name"], told["description"]) == ("Scheduled Job", "Retrieve a list of scheduled jobs")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=day", ["day"]),
        ("name=day&name=week", ["day", "week"]),
        ("name__n=day", ["week"]),
        ("q=DAY", ["day"]),
        ("q=sample/hello", ["day", "week"]),
        ("total_run_count=2", ["week"]),
        ("total_run_count__gte=1", ["week"]),
        ("job_model=local-sample-hello", ["day", "week"]),
        ("job_model__n=local-sample-hello", []),
        ("job_model=local-sample-other", []),
    ],
)
def test_filters_of_1_5(api: APIClient, make_schedule: MakeSchedule, query: str, found: list[str]) -> None:
    make_schedule("day")
    make_schedule("week", total_run_count=2)
    assert names(api.get(f"{LIST}?{query}")) == found


def test_job_is_found_by_its_id(api: APIClient, make_schedule: MakeSchedule) -> None:
    schedule = make_schedule("a")
    assert names(api.get(f"{LIST}?job_model={schedule.job_model_id}")) == ["a"]
    assert names(api.get(f"{LIST}?job_model_id={schedule.job_model_id}")) == ["a"]


@pytest.mark.parametrize("name", ["start_time", "start_time__gte", "last_run_at", "last_run_at__lt"])
def test_instants_are_filters_since_1_6(api: APIClient, make_schedule: MakeSchedule, name: str) -> None:
    ran = datetime(2026, 11, 24, 12, tzinfo=UTC)
    make_schedule("a", start_time=ran, last_run_at=ran)
    at = (ran + timedelta(hours=name.endswith("lt"))).isoformat().replace("+00:00", "Z")
    older = api.get(LIST, {name: at})
    assert (older.status_code, older.json()) == (400, {name: ["Unknown filter field"]})
    assert names(api.get(LIST, {name: at}, headers={"Accept": "application/json; version=1.6"})) == ["a"]


@pytest.mark.parametrize("name", ["enabled", "user", "interval", "approval_required", "crontab", "first_run", "state"])
def test_other_filters_are_unknown(api: APIClient, name: str) -> None:
    answer = api.get(LIST, {name: "x"}, headers={"Accept": "application/json; version=1.6"})
    assert (answer.status_code, answer.json()) == (400, {name: ["Unknown filter field"]})


def test_only_permitted_rows_are_there(client_of: Any, alice: User, make_schedule: MakeSchedule) -> None:
    mine, other = make_schedule("mine", user=alice), make_schedule("other")
    permission = ObjectPermission.objects.create(name="own", actions=["view"], constraints={"user": "$user"})
    permission.object_types.add(ContentType.objects.get_for_model(ScheduledJob))
    permission.users.add(alice)
    client = client_of(alice)
    assert names(client.get(LIST)) == ["mine"]
    assert client.get(f"{LIST}{mine.pk}/").status_code == 200
    assert client.get(f"{LIST}{other.pk}/").status_code == 404


@pytest.mark.parametrize("address", [LIST, f"{LIST}?brief=1", "/api/schedules/"])
def test_list_costs_the_same_number_of_queries_however_long(
    api: APIClient, admin: User, make_schedule: MakeSchedule, make_job: MakeJob, address: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert api.get(address).status_code == 200
        return len(made)

    make_schedule("one", user=admin)
    queries()  # the first call of a token notes when it was used
    first = queries()
    for number in range(5):
        job, user = make_job(f"Job{number}"), User.objects.create(username=f"user{number}")
        make_schedule(f"more {number}", job_model=job, user=user)
    assert queries() == first


def test_list_and_its_count_are_read_from_one_index(make_schedule: MakeSchedule) -> None:
    page = ScheduledJob.objects.filter(listed=True).order_by("name", "id")
    for number in range(3):
        make_schedule(f"{number}")
    if connection.vendor == "sqlite":
        assert "scheduled_job_by_name" in page.explain()
        assert "TEMP B-TREE" not in page.explain()

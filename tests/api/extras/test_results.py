import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foureyes.models import Job, JobLogEntry, JobResult
from foureyes.users.models import User

RESULTS = "/api/extras/job-results/"
LOGS = "/api/extras/job-logs/"
MakeJob = Callable[..., Job]
MakeResult = Callable[..., JobResult]
MakeLogs = Callable[..., None]


def test_result_has_the_keys_of_1_x(api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult) -> None:
    kwargs = {"data": {"s": "x"}, "commit": True, "task_queue": None}
    result = make_result(make_job(), admin, job_kwargs=kwargs, data={"output": "\nhi"})
    row = api.get(f"{RESULTS}{result.pk}/").json()
    assert row == {
        "id": str(result.pk),
        "display": str(result.pk),
        "url": f"http://testserver{RESULTS}{result.pk}/",
        "created": "2026-11-23T12:00:00Z",
        "completed": "2026-11-23T12:00:00Z",
        "name": "local/sample/Hello",
        "job_model": row["job_model"],
        "obj_type": "extras.job",
        "status": {"value": "completed", "label": "Completed"},
        "user": {
            "display": "admin",
            "id": str(admin.pk),
            "url": f"http://testserver/api/users/users/{admin.pk}/",
            "username": "admin",
        },
        "data": {"output": "\nhi"},
        "job_id": str(result.pk),
        "job_kwargs": {"data": {"s": "x", "_profile": False, "_task_queue": ""}, "commit": True, "task_queue": None},
        "schedule": None,
        "custom_fields": {},
    }
    assert row["job_model"]["slug"] == "local-sample-hello"


def test_result_outlives_job_and_user(api: APIClient, make_result: MakeResult) -> None:
    row = api.get(f"{RESULTS}{make_result(None, None).pk}/").json()
    assert (row["job_model"], row["user"], row["job_kwargs"]) == (None, None, None)


def test_computed_fields_are_there_if_asked_for(api: APIClient, make_result: MakeResult) -> None:
    path = f"{RESULTS}{make_result(None, None).pk}/"
    assert api.get(f"{path}?include=computed_fields").json()["computed_fields"] == {}


def test_newest_result_comes_first(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    make_result(None, None, name="old", created=now - timedelta(hours=1))
    make_result(None, None, name="new")
    assert [row["name"] for row in api.get(RESULTS).json()["results"]] == ["new", "old"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=local/sample/Hello", 1),
        ("name=Hello", 0),
        ("q=hello", 1),
        ("q=admin", 1),
        ("status=errored", 1),
        ("status=errored&status=completed", 2),
        ("status__n=errored", 1),
        ("job_model=local-sample-hello", 1),
        ("job_model=nope", 0),
        ("obj_type=extras.job", 2),
        ("created=2026-11-23T12:00:00Z", 2),
        ("completed=2020-01-01", 0),
    ],
)
def test_filters(
    api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult, query: str, found: int
) -> None:
    make_result(make_job(), admin)
    make_result(None, None, name="other", status="errored")
    assert api.get(f"{RESULTS}?{query}").json()["count"] == found


def test_filter_by_ids(api: APIClient, admin: User, make_job: MakeJob, make_result: MakeResult) -> None:
    job = make_job()
    make_result(job, admin), make_result(None, None)
    for query in (f"job_model={job.pk}", f"job_model_id={job.pk}", f"user={admin.pk}"):
        assert api.get(f"{RESULTS}?{query}").json()["count"] == 1


@pytest.mark.parametrize("key", ["created__gte", "completed__isnull", "schedule", "job_id", "sort"])
def test_what_1_5_does_not_filter_by_is_unknown(api: APIClient, key: str) -> None:
    answer = api.get(f"{RESULTS}?{key}=1")
    assert (answer.status_code, answer.json()) == (400, {key: ["Unknown filter field"]})


def test_queries_do_not_grow_with_rows(
    api: APIClient, admin: User, alice: User, make_job: MakeJob, make_result: MakeResult
) -> None:
    counts = []
    api.get("/api/status/")  # notes the use of the token
    for number in range(2):
        for name in range(5):
            make_result(make_job(f"J{number}{name}"), alice if name % 2 else admin)
        with CaptureQueriesContext(connection) as queries:
            api.get(RESULTS)
        counts.append(len(queries))
    assert counts == [3, 3]  # the token with its user, the count, the page


def test_results_are_neither_made_nor_changed(api: APIClient, make_result: MakeResult) -> None:
    answer = api.post(RESULTS, {})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, DELETE, HEAD, OPTIONS")
    assert api.patch(f"{RESULTS}{make_result(None, None).pk}/", {}).status_code == 405


def test_deleted_result_is_gone(api: APIClient, make_result: MakeResult) -> None:
    path = f"{RESULTS}{make_result(None, None).pk}/"
    answer = api.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer
    assert api.delete(path).status_code == 404


def test_running_result_is_not_deleted(api: APIClient, make_result: MakeResult, now: datetime) -> None:
    running = make_result(None, None, status="running", completed=None, lease_until=now)
    assert api.delete(f"{RESULTS}{running.pk}/").status_code == 409


def test_several_results_are_deleted_at_once(api: APIClient, make_result: MakeResult) -> None:
    ids = [{"id": str(make_result(None, None).pk)} for _ in range(3)]
    assert api.delete(RESULTS, ids[:2]).status_code == 204
    assert [str(row.pk) for row in JobResult.objects.all()] == [ids[2]["id"]]


def test_log_is_a_bare_list_in_order(api: APIClient, make_result: MakeResult, make_logs: MakeLogs) -> None:
    result = make_result(None, None)
    make_logs(result, ["one", "two"])
    lines = api.get(f"{RESULTS}{result.pk}/logs/").json()
    assert [line["message"] for line in lines] == ["one", "two"]
    line = JobLogEntry.objects.get(sequence=0)
    assert lines[0] == {
        "display": "one",
        "id": str(line.pk),
        "url": f"http://testserver{LOGS}{line.pk}/",
        "absolute_url": None,
        "created": "2026-11-23T12:00:00Z",
        "grouping": "run",
        "log_level": "info",
        "log_object": None,
        "message": "one",
    }


def test_long_log_is_streamed_and_complete(api: APIClient, make_result: MakeResult, make_logs: MakeLogs) -> None:
    result = make_result(None, None)
    make_logs(result, [f"ünïcode {number}" for number in range(3500)])
    answer = api.get(f"{RESULTS}{result.pk}/logs/")
    assert answer.streaming
    assert (answer["Content-Type"], answer["API-Version"]) == ("application/json", "1.3")
    lines = json.loads(answer.getvalue())
    assert [line["message"] for line in lines] == [f"ünïcode {number}" for number in range(3500)]


def test_line_among_all_displays_its_instant(api: APIClient, make_result: MakeResult, make_logs: MakeLogs) -> None:
    result = make_result(None, None)
    make_logs(result, ["one"])
    (row,) = api.get(LOGS).json()["results"]
    assert (row["display"], row["job_result"]) == ("2026-11-23T12:00:00+00:00", str(result.pk))
    assert api.get(f"{LOGS}{row['id']}/?brief=1").json() == row


@pytest.mark.parametrize(("query", "found"), [("log_level=failure", 1), ("message__ic=ON", 1), ("q=two", 1), ("", 2)])
def test_line_filters(api: APIClient, make_result: MakeResult, make_logs: MakeLogs, query: str, found: int) -> None:
    make_logs(make_result(None, None), ["one"])
    make_logs(make_result(None, None), ["two"], level="failure")
    assert api.get(f"{LOGS}?{query}").json()["count"] == found


def test_unknown_level_is_a_400(api: APIClient) -> None:
    text = "Select a valid choice. zzz is not one of the available choices."
    assert api.get(f"{LOGS}?log_level=zzz").json() == {"log_level": [text]}

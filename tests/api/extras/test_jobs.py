from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from foureyes.models import Job, JobResult
from foureyes.users.models import User

LIST = "/api/extras/jobs/"
MakeJob = Callable[..., Job]


def test_list_is_in_the_envelope_and_in_order(api: APIClient, make_job: MakeJob) -> None:
    make_job("Zebra"), make_job("Ant")
    body = api.get(LIST).json()
    assert [row["name"] for row in body["results"]] == ["Ant", "Zebra"]
    assert (body["count"], body["next"], body["previous"]) == (2, None, None)


def test_row_has_the_keys_of_1_x_in_order(api: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    row = api.get(f"{LIST}{job.pk}/").json()
    assert list(row)[:9] == [
        "id",
        "display",
        "url",
        "source",
        "module_name",
        "job_class_name",
        "grouping",
        "grouping_override",
        "name",
    ]
    assert list(row)[-5:] == ["tags", "created", "last_updated", "notes_url", "custom_fields"]
    assert row["url"] == f"http://testserver{LIST}{job.pk}/"
    assert row["created"] == "2026-11-23"
    assert row["last_updated"] == "2026-11-23T12:00:00Z"
    assert row["soft_time_limit"] == 0.0


def test_links_to_neighbour_pages_sort_their_parameters(api: APIClient, make_job: MakeJob) -> None:
    for number in range(5):
        make_job(f"J{number}")
    body = api.get(f"{LIST}?offset=2&limit=2").json()
    assert body["next"] == f"http://testserver{LIST}?limit=2&offset=4"
    assert body["previous"] == f"http://testserver{LIST}?limit=2"


@pytest.mark.parametrize(("limit", "rows"), [("0", 3), ("x", 3), ("-1", 3), ("2", 2), ("100000", 3)])
def test_limit_is_read_leniently(api: APIClient, make_job: MakeJob, limit: str, rows: int) -> None:
    for number in range(3):
        make_job(f"J{number}")
    assert len(api.get(f"{LIST}?limit={limit}").json()["results"]) == rows


def test_offset_past_the_end_is_an_empty_page(api: APIClient, make_job: MakeJob) -> None:
    make_job()
    body = api.get(f"{LIST}?offset=10").json()
    assert (body["count"], body["results"]) == (1, [])


def test_brief_rows_are_nested_forms(api: APIClient, make_job: MakeJob) -> None:
    make_job()
    (row,) = api.get(f"{LIST}?brief=1").json()["results"]
    assert list(row) == [
        "display",
        "id",
        "url",
        "source",
        "module_name",
        "job_class_name",
        "grouping",
        "name",
        "slug",
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=Ant", ["Ant"]),
        ("name=Ant&name=Bee", ["Ant", "Bee"]),
        ("name__n=Ant&name__n=Bee", ["Cat"]),
        ("name__ic=A", ["Ant", "Cat"]),
        ("name__nic=a", ["Bee"]),
        ("name__isw=b", ["Bee"]),
        ("name__iew=t", ["Ant", "Cat"]),
        ("name__ie=cAT", ["Cat"]),
        ("name__re=^.e", ["Bee"]),
        ("name__nire=^A", ["Bee", "Cat"]),
        ("q=ee", ["Bee"]),
        ("enabled=true", ["Ant", "Bee"]),
        ("enabled=0", ["Cat"]),
        ("enabled=maybe", ["Ant", "Bee", "Cat"]),
        ("soft_time_limit__gte=5", ["Cat"]),
        ("name_override=true", []),
        ("tag=x", []),
    ],
)
def test_filters(api: APIClient, make_job: MakeJob, query: str, names: list[str]) -> None:
    make_job("Ant"), make_job("Bee"), make_job("Cat", enabled=False, soft_time_limit=5)
    assert [row["name"] for row in api.get(f"{LIST}?{query}").json()["results"]] == names


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("nosuch=1", {"nosuch": ["Unknown filter field"]}),
        ("sort=name&ordering=x", {"sort": ["Unknown filter field"], "ordering": ["Unknown filter field"]}),
        ("id=notauuid", {"id": ["“notauuid” is not a valid UUID."]}),
        ("soft_time_limit=x", {"soft_time_limit": ["Enter a number."]}),
    ],
)
def test_wrong_filters_are_a_400(api: APIClient, query: str, body: dict[str, Any]) -> None:
    answer = api.get(f"{LIST}?{query}")
    assert (answer.status_code, answer.json()) == (400, body)


def test_expression_that_does_not_compile_is_a_400(api: APIClient) -> None:
    assert "name__re" in api.get(f"{LIST}?name__re=(").json()


def test_version_1_2_shows_installed_classes_in_a_bare_list(
    api: APIClient, admin: User, make_job: MakeJob, make_result: Callable[..., JobResult]
) -> None:
    job = make_job(variables=[{"name": "s", "type": "StringVar", "required": True}])
    make_job("Gone", installed=False)
    result = make_result(job, admin)
    (row,) = api.get(f"{LIST}?limit=1&name=ignored", headers={"Accept": "application/json"}).json()
    assert row["id"] == "local/sample/Hello"
    assert row["url"] == f"http://testserver{LIST}local/sample/Hello/"
    assert row["vars"] == {"s": "StringVar"}
    assert row["result"]["id"] == str(result.pk)


@pytest.mark.parametrize("accept", ["application/json; version=1.2", "application/json; version=1.3"])
def test_queries_do_not_grow_with_rows(
    api: APIClient, admin: User, make_job: MakeJob, make_result: Callable[..., JobResult], accept: str
) -> None:
    counts = []
    api.get("/api/status/")  # notes the use of the token
    for number in range(2):
        for name in range(5):
            make_result(make_job(f"J{number}{name}"), admin)
        with CaptureQueriesContext(connection) as queries:
            api.get(LIST, headers={"Accept": accept})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_class_path_shows_the_newest_result_in_full(
    api: APIClient, admin: User, make_job: MakeJob, make_result: Callable[..., JobResult]
) -> None:
    job = make_job()
    result = make_result(job, admin)
    body = api.get(f"{LIST}local/sample/Hello/").json()
    assert body["pk"] == str(job.pk)
    assert body["result"]["job_model"]["id"] == str(job.pk)
    assert body["result"]["id"] == str(result.pk)


@pytest.mark.parametrize("path", ["local/sample/Nope/", "xyz/", "00000000-0000-4000-8000-000000000000/"])
def test_unknown_job_is_a_404(api: APIClient, make_job: MakeJob, path: str) -> None:
    make_job()
    answer = api.get(f"{LIST}{path}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
    assert answer["API-Version"] == "1.3"


def test_variables_show_only_what_1_x_knows(api: APIClient, make_job: MakeJob) -> None:
    spec = {"name": "i", "type": "IntegerVar", "required": True, "min_value": 0, "regex": "x", "sensitive": True}
    job = make_job(variables=[spec])
    assert api.get(f"{LIST}{job.pk}/variables/").json() == [
        {"name": "i", "type": "IntegerVar", "required": True, "min_value": 0}
    ]


def test_notes_are_an_empty_page(api: APIClient, make_job: MakeJob) -> None:
    answer = api.get(f"{LIST}{make_job().pk}/notes/")
    assert answer.json() == {"count": 0, "next": None, "previous": None, "results": []}
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_patch_changes_what_was_sent(api: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    answer = api.patch(f"{LIST}{job.pk}/", {"enabled": False, "source": "git", "nosuch": 1})
    assert answer.status_code == 200
    assert (answer.json()["enabled"], answer.json()["source"]) == (False, "local")
    assert answer.json()["computed_fields"] == answer.json()["relationships"] == {}


def test_patch_of_a_wrong_type_is_a_400(api: APIClient, make_job: MakeJob) -> None:
    answer = api.patch(f"{LIST}{make_job().pk}/", {"enabled": "maybe"})
    assert (answer.status_code, answer.json()) == (400, {"enabled": ["Must be a valid boolean."]})


def test_refusal_of_the_operation_names_its_fields(api: APIClient, make_job: MakeJob) -> None:
    answer = api.patch(f"{LIST}{make_job().pk}/", {"soft_time_limit": -1, "soft_time_limit_override": True})
    text = "Ensure this value is greater than or equal to 0."
    assert (answer.status_code, answer.json()) == (400, {"soft_time_limit": [text]})


def test_put_needs_grouping_and_name(api: APIClient, make_job: MakeJob) -> None:
    answer = api.put(f"{LIST}{make_job().pk}/", {"enabled": False})
    required = ["This field is required."]
    assert (answer.status_code, answer.json()) == (400, {"grouping": required, "name": required})


def test_bulk_patch_answers_a_bare_list_and_drops_unknown_ids(api: APIClient, make_job: MakeJob) -> None:
    one, two = make_job("Ant"), make_job("Bee")
    unknown = "00000000-0000-4000-8000-000000000000"
    answer = api.patch(LIST, [{"id": str(row), "enabled": False} for row in (one.pk, two.pk, unknown)])
    assert [row["name"] for row in answer.json()] == ["Ant", "Bee"]
    assert not Job.objects.filter(enabled=True).exists()


def test_bulk_patch_is_all_or_nothing(api: APIClient, make_job: MakeJob) -> None:
    one, two = make_job("Ant"), make_job("Bee")
    bad = {"id": str(two.pk), "time_limit": -1, "time_limit_override": True}
    assert api.patch(LIST, [{"id": str(one.pk), "enabled": False}, bad]).status_code == 400
    one.refresh_from_db()
    assert one.enabled


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"a": 1}, {"non_field_errors": ['Expected a list of items but got type "dict".']}),
        ([{}], [{"id": ["This field is required."]}]),
        ([{"id": "x"}], [{"id": ["Must be a valid UUID."]}]),
    ],
)
def test_bulk_patch_of_wrong_shape_is_a_400(api: APIClient, body: Any, errors: Any) -> None:
    answer = api.patch(LIST, body)
    assert (answer.status_code, answer.json()) == (400, errors)


def test_bulk_delete_ignores_unknown_ids(api: APIClient, make_job: MakeJob) -> None:
    job = make_job()
    unknown = "00000000-0000-4000-8000-000000000000"
    assert api.delete(LIST, [{"id": str(job.pk)}, {"id": unknown}]).status_code == 204
    assert not Job.objects.exists()


def test_jobs_cannot_be_created(api: APIClient) -> None:
    answer = api.post(LIST, {"name": "x"})
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "POST" not allowed.'})
    assert answer["Allow"] == "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"


def test_options_tell_the_fields_that_can_be_sent(api: APIClient) -> None:
    body = api.options(LIST).json()
    assert (body["name"], body["description"], body["parses"]) == ("Job", "", ["application/json"])
    assert list(body["actions"]) == ["PUT"]
    fields = body["actions"]["PUT"]
    assert {name: fields[name]["type"] for name in ("id", "slug", "time_limit", "task_queues", "created")} == {
        "id": "string",
        "slug": "slug",
        "time_limit": "float",
        "task_queues": "field",
        "created": "date",
    }
    assert fields["grouping"]["required"]


def test_options_need_no_permission_but_tell_no_actions_then(client_of: Callable[..., APIClient], dave: User) -> None:
    answer = client_of(dave).options(LIST)
    assert answer.status_code == 200
    assert "actions" not in answer.json()

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from foureyes.models import ApprovalRequest, Job, JobResult, SourceBundle, Worker
from foureyes.users.models import User

JOBS = "/api/extras/jobs/"
MakeJob = Callable[..., Job]

TEXT = {"name": "s", "type": "StringVar", "required": True}
SEVERAL = {"name": "m", "type": "MultiChoiceVar", "required": False, "choices": [["a", "A"], ["b", "B"]]}
FILE = {"name": "f", "type": "FileVar", "required": False}


@pytest.fixture
def job(make_job: MakeJob, now: datetime, worker: Worker) -> Job:
    bundle = SourceBundle.objects.create(digest="0" * 64, kind="folder", module_name="sample", created=now)
    return make_job(bundle=bundle, variables=[])


def run(client: APIClient, job: Job, body: Any = None, **options: Any) -> Any:
    return client.post(f"{JOBS}{job.pk}/run/", body, **options)


def test_run_answers_201_with_the_brief_result(api: APIClient, admin: User, job: Job) -> None:
    answer = run(api, job, {"data": {}, "commit": True})
    result = JobResult.objects.get()
    assert (answer.status_code, answer["Allow"]) == (201, "POST, OPTIONS")
    body = answer.json()
    assert body["schedule"] is None
    assert body["job_result"]["id"] == str(result.pk)
    assert body["job_result"]["status"] == {"value": "pending", "label": "Pending"}
    assert (result.user, result.commit) == (admin, True)


@pytest.mark.parametrize("content_type", ["application/json", "application/json;"])
def test_body_may_be_missing(api: APIClient, job: Job, content_type: str) -> None:
    assert api.generic("POST", f"{JOBS}{job.pk}/run/", b"", content_type=content_type).status_code == 201


def test_slash_may_be_missing(api: APIClient, job: Job) -> None:
    assert api.post(f"{JOBS}{job.pk}/run", {}).status_code == 201
    assert api.get(f"{JOBS}{job.pk}/run").status_code == 301


def test_unknown_keys_are_ignored(api: APIClient, job: Job) -> None:
    assert run(api, job, {"job_id": str(job.pk), "class_path": "x"}).status_code == 201


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ({"data": None}, {"data": ["This field may not be null."]}),
        ({"commit": None}, {"commit": ["This field may not be null."]}),
        ({"commit": "maybe"}, {"commit": ["Must be a valid boolean."]}),
        ({"schedule": None}, {"schedule": ["This field may not be null."]}),
        ({"schedule": {}}, {"schedule": {"interval": ["This field is required."]}}),
        ({"schedule": {"interval": "foo"}}, {"schedule": {"interval": ['"foo" is not a valid choice.']}}),
        ({"schedule": {"interval": None}}, {"schedule": {"interval": ["This field may not be null."]}}),
        (
            {"schedule": {"interval": "daily", "start_time": "2100-01-01T00:00:00Z"}},
            {"schedule": {"name": ["Please provide a name for the job schedule."]}},
        ),
        (
            {"schedule": {"interval": "custom", "name": "n"}},
            {"schedule": {"crontab": ["Please enter a valid crontab."]}},
        ),
        ({"task_queue": "nope"}, {"task_queue": ['"nope" is not a valid choice.']}),
        ({"data": [1]}, {"errors": ["Job data needs to be a dict"]}),
        ({"data": {"zz": 1}}, {"errors": {"zz": ["Job data contained an unknown property"]}}),
    ],
)
def test_wrong_bodies_are_a_400_with_the_texts_of_1_x(api: APIClient, job: Job, body: Any, errors: Any) -> None:
    answer = run(api, job, body)
    assert (answer.status_code, answer.json()) == (400, errors)
    assert not JobResult.objects.exists()


def test_reason_is_kept_where_one_is_given_and_never_needed(api: APIClient, job: Job) -> None:
    Job.objects.update(gated=True, approval_required=True)
    for options in ({}, {"format": "multipart"}):
        assert run(api, job, {}, **options).status_code == 201
    assert run(api, job, {"reason": "It is full"}).status_code == 201
    assert run(api, job, {"_reason": "So is this"}, format="multipart").status_code == 201
    reasons = ApprovalRequest.objects.order_by("number").values_list("reason", flat=True)
    assert list(reasons) == ["", "", "It is full", "So is this"]


def test_malformed_json_is_a_400(api: APIClient, job: Job) -> None:
    answer = api.generic("POST", f"{JOBS}{job.pk}/run/", b"{bad", content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("JSON parse error - ")


def test_urlencoded_body_is_not_understood(api: APIClient, job: Job) -> None:
    answer = api.generic(
        "POST", f"{JOBS}{job.pk}/run/", b"commit=true", content_type="application/x-www-form-urlencoded"
    )
    text = 'Unsupported media type "application/x-www-form-urlencoded" in request.'
    assert (answer.status_code, answer.json()) == (415, {"detail": text})


@pytest.mark.parametrize(
    ("state", "status", "body"),
    [
        ({"enabled": False}, 403, {"detail": "This job is not enabled to be run."}),
        ({"installed": False}, 405, {"detail": "This job is not presently installed and cannot be run"}),
        ({"import_error": "x"}, 405, {"detail": "This job's source code could not be located and cannot be run"}),
    ],
)
def test_state_of_the_job_is_told_before_a_wrong_body(
    api: APIClient, job: Job, state: dict[str, Any], status: int, body: Any
) -> None:
    Job.objects.update(**state)
    answer = run(api, job, [])
    assert (answer.status_code, answer.json()) == (status, body)


def test_job_with_both_flags_answers_a_list(api: APIClient, job: Job) -> None:
    Job.objects.update(has_sensitive_variables=True, approval_required=True, gated=True)
    answer = run(api, job, {})
    assert answer.status_code == 400
    (text,) = answer.json()
    assert text.startswith("Unable to run or schedule job:")


def test_gated_job_waits_for_an_approval(api: APIClient, job: Job) -> None:
    Job.objects.update(gated=True)
    answer = run(api, job, {})
    assert (answer.status_code, answer.json()["job_result"]) == (201, None)
    assert answer.json()["schedule"]["interval"] == "immediately"
    assert not JobResult.objects.exists()


def test_queue_without_worker_is_a_503(api: APIClient, job: Job) -> None:
    Worker.objects.all().delete()
    answer = run(api, job, {})
    text = "Unable to process request: No celery workers running on queue default."
    assert (answer.status_code, answer.json()) == (503, {"detail": text})


def test_form_takes_variables_as_parts(api: APIClient, job: Job) -> None:
    Job.objects.update(variables=[TEXT, SEVERAL, FILE])
    upload = SimpleUploadedFile("up.txt", b"file body\n")
    body = {"s": "hello", "m": ["a", "b"], "f": upload, "_commit": "true", "stray": SimpleUploadedFile("x", b"y")}
    assert run(api, job, body, format="multipart").status_code == 201
    result = JobResult.objects.get()
    file = result.input_files.get()
    assert (file.name, file.size) == ("up.txt", 10)
    assert result.job_kwargs["data"] == {"s": "hello", "m": ["a", "b"], "f": str(file.pk)}
    assert result.commit


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"_commit": "x"}, {"_commit": ["Must be a valid boolean."]}),
        ({"_schedule_interval": "daily"}, {"_schedule_name": ["Please provide a name for the job schedule."]}),
        ({"_schedule_name": "n"}, {"_schedule_interval": ["This field is required."]}),
        ({"_schedule_interval": "bogus"}, {"_schedule_interval": ["bogus is not a valid choice."]}),
    ],
)
def test_errors_of_a_form_name_its_parts(
    api: APIClient, job: Job, body: dict[str, str], errors: dict[str, list[str]]
) -> None:
    answer = run(api, job, body, format="multipart")
    assert answer.status_code == 400
    assert answer.json().items() >= errors.items()


def test_past_start_time_is_fine_with_immediately(api: APIClient, job: Job) -> None:
    body = {"_schedule_interval": "immediately", "_schedule_start_time": "2020-01-01T00:00:00Z"}
    assert run(api, job, body, format="multipart").status_code == 201


def test_options_are_a_405_that_names_them(api: APIClient, job: Job) -> None:
    answer = api.options(f"{JOBS}{job.pk}/run/")
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "OPTIONS" not allowed.'})
    assert answer["Allow"] == "POST, OPTIONS"


def test_who_may_not_run_any_job_gets_a_403(client_of: Callable[..., APIClient], dave: User, job: Job) -> None:
    assert run(client_of(dave), job, {}).status_code == 403


def test_read_only_token_gets_a_403(client_of: Callable[..., APIClient], admin: User, job: Job) -> None:
    assert run(client_of(admin, write_enabled=False), job, {}).status_code == 403


def test_class_path_answers_200_with_the_class(api: APIClient, job: Job) -> None:
    answer = api.post(f"{JOBS}local/sample/Hello/run/", {"data": {}})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["pk"]) == ("local/sample/Hello", str(job.pk))
    assert body["result"]["id"] == str(JobResult.objects.get().pk)
    assert body["result"]["computed_fields"] == {}


@pytest.mark.parametrize("form", [False, True])
def test_job_with_secrets_is_not_stored_for_later(api: APIClient, job: Job, form: bool) -> None:
    Job.objects.update(has_sensitive_variables=True)
    schedule = {"name": "n", "interval": "future", "start_time": "2100-01-01T00:00:00Z"}
    text = ["Unable to schedule job: Job may have sensitive input variables"]
    if form:
        answer = run(api, job, {f"_schedule_{key}": value for key, value in schedule.items()}, format="multipart")
        assert (answer.status_code, answer.json()) == (400, {"_schedule_interval": text})
    else:
        answer = run(api, job, {"schedule": schedule})
        assert (answer.status_code, answer.json()) == (400, {"schedule": {"interval": text}})

"""A run for later: which schedules the 1.x address stores, and its refusals with their recorded texts."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from foureyes.conf import get_conf
from foureyes.models import InputFile, Job, JobResult, ScheduledJob, SourceBundle
from foureyes.users.models import User

MakeJob = Callable[..., Job]
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
START = TOMORROW.isoformat().replace("+00:00", "Z")
NO_START = "Please enter a valid date and time greater than or equal to the current date and time."
NO_NAME = "Please provide a name for the job schedule."
NO_SECRETS = "Unable to schedule job: Job may have sensitive input variables"
WRONG_FORMAT = (
    "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
)
DAILY = {"name": "n", "interval": "daily", "start_time": START}


@pytest.fixture
def job(make_job: MakeJob, now: datetime) -> Job:
    bundle = SourceBundle.objects.create(digest="0" * 64, kind="folder", module_name="sample", created=now)
    return make_job(bundle=bundle, variables=[])


def later(client: APIClient, job: Job, schedule: Any, **body: Any) -> Any:
    return client.post(f"/api/extras/jobs/{job.pk}/run/", {"schedule": schedule, **body})


def form(client: APIClient, job: Job, parts: dict[str, Any], **values: Any) -> Any:
    named = {f"_schedule_{name}": value for name, value in parts.items()}
    return client.post(f"/api/extras/jobs/{job.pk}/run/", {**named, **values}, format="multipart")


def test_answer_is_201_with_the_brief_schedule(api: APIClient, admin: User, job: Job) -> None:
    answer = later(api, job, DAILY, commit=False)
    schedule = ScheduledJob.objects.get()
    assert (answer.status_code, answer.json()["job_result"]) == (201, None)
    assert answer.json()["schedule"] == {
        "id": str(schedule.pk),
        "display": "n: daily",
        "url": f"http://testserver/api/extras/scheduled-jobs/{schedule.pk}/",
        "name": "n",
        "start_time": START,
        "interval": "daily",
        "crontab": "",
    }
    assert (schedule.user, schedule.commit, schedule.time_zone, schedule.next_run_at) == (
        admin, False, "UTC", TOMORROW,
    )  # fmt: skip
    assert not JobResult.objects.exists()


def test_no_worker_is_needed_yet(api: APIClient, job: Job) -> None:
    assert later(api, job, DAILY).status_code == 201


@pytest.mark.parametrize(
    "start",
    [
        TOMORROW.strftime("%Y-%m-%dT%H:%M:%S"),
        TOMORROW.strftime("%Y-%m-%d %H:%M:%S"),
        TOMORROW.astimezone(tz=datetime.strptime("+0200", "%z").tzinfo).isoformat(),
    ],
    ids=["without a zone", "with a blank", "with an offset"],
)
def test_starts_are_shown_in_utc(api: APIClient, job: Job, start: str) -> None:
    assert later(api, job, DAILY | {"start_time": start}).json()["schedule"]["start_time"] == START


def test_custom_without_a_start_begins_now(api: APIClient, job: Job) -> None:
    before = datetime.now(UTC)
    assert later(api, job, {"name": "n", "interval": "custom", "crontab": "0 3 * * 1-5"}).status_code == 201
    assert before <= ScheduledJob.objects.get().start_time <= datetime.now(UTC)


def test_crontab_of_another_interval_is_stored_unread(api: APIClient, job: Job) -> None:
    shown = later(api, job, DAILY | {"crontab": "bad"}).json()["schedule"]
    assert shown["crontab"] == "bad"
    assert later(api, job, DAILY | {"crontab": ""}).status_code == 201


def test_blanks_around_a_crontab_are_trimmed(api: APIClient, job: Job) -> None:
    shown = later(api, job, {"name": "n", "interval": "custom", "crontab": " * * * * * "}).json()["schedule"]
    assert shown["crontab"] == "* * * * *"


@pytest.mark.usefixtures("worker")
def test_immediately_runs_now_whatever_else_is_said(api: APIClient, job: Job) -> None:
    answer = later(api, job, {"interval": "immediately", "name": "n", "start_time": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["schedule"]) == (201, None)
    assert JobResult.objects.count() == 1


@pytest.mark.parametrize(
    ("schedule", "errors"),
    [
        ({"name": "n", "start_time": START}, {"interval": ["This field is required."]}),
        ({"interval": "future"}, {"name": [NO_NAME]}),
        (DAILY | {"name": ""}, {"name": ["This field may not be blank."]}),
        (DAILY | {"name": None}, {"name": ["This field may not be null."]}),
        (DAILY | {"name": "n" * 201}, {"name": ["Ensure this field has no more than 200 characters."]}),
        ({"name": "n", "interval": "hourly"}, {"start_time": [NO_START]}),
        (DAILY | {"start_time": None}, {"start_time": ["This field may not be null."]}),
        (DAILY | {"start_time": "2020-01-01T00:00:00Z"}, {"start_time": [NO_START]}),
        (DAILY | {"start_time": "2030-01-01"}, {"start_time": [WRONG_FORMAT]}),
        (DAILY | {"start_time": "tomorrow"}, {"start_time": [WRONG_FORMAT]}),
        (DAILY | {"start_time": 1893456000}, {"start_time": [WRONG_FORMAT]}),
        ({"name": "n", "interval": "custom", "start_time": "2020-01-01T00:00:00Z"}, {"start_time": [NO_START]}),
        ({"name": "n", "interval": "custom"}, {"crontab": ["Please enter a valid crontab."]}),
        ({"name": "n", "interval": "custom", "crontab": None}, {"crontab": ["This field may not be null."]}),
        (DAILY | {"interval": "Daily"}, {"interval": ['"Daily" is not a valid choice.']}),
        (DAILY | {"interval": ""}, {"interval": ['"" is not a valid choice.']}),
        (DAILY | {"start_time": "9500-01-01T00:00:00Z"}, {"start_time": ["The year must be between 1970 and 9000."]}),
    ],
)
def test_wrong_schedules_are_a_400_with_the_texts_of_1_x(
    api: APIClient, job: Job, schedule: Any, errors: dict[str, Any]
) -> None:
    answer = later(api, job, schedule, data=[], task_queue="nope")  # what is wrong with these would be told later
    assert (answer.status_code, answer.json()) == (400, {"schedule": errors})
    assert not ScheduledJob.objects.exists()


@pytest.mark.parametrize("crontab", ["", "* * * *", "61 * * * *", "a * * * *", "0 0 31 2 *"])
def test_wrong_crontab_is_told_at_its_field(api: APIClient, job: Job, crontab: str) -> None:
    answer = later(api, job, {"name": "n", "interval": "custom", "crontab": crontab})
    assert answer.status_code == 400
    (sentence,) = answer.json()["schedule"]["crontab"]
    assert "crontab" in sentence.lower() or "minute" in sentence.lower()


def test_start_is_refused_until_fifteen_seconds_from_now(api: APIClient, job: Job) -> None:
    def at(seconds: int) -> Any:
        start = datetime.now(UTC) + timedelta(seconds=seconds)
        return later(api, job, DAILY | {"start_time": start.isoformat()})

    assert at(13).json() == {"schedule": {"start_time": [NO_START]}}
    assert at(17).status_code == 201


def test_schedule_that_is_no_object_is_refused(api: APIClient, job: Job) -> None:
    answer = later(api, job, "daily")
    assert answer.status_code == 400
    assert list(answer.json()["schedule"]) == ["non_field_errors"]


@pytest.mark.parametrize("body", [{"schedule": {"interval": "future"}}, {"schedule": DAILY, "data": 1}])
def test_secrets_are_refused_before_anything_else_is_read(api: APIClient, job: Job, body: Any) -> None:
    Job.objects.update(has_sensitive_variables=True)
    answer = api.post(f"/api/extras/jobs/{job.pk}/run/", body)
    assert (answer.status_code, answer.json()) == (400, {"schedule": {"interval": [NO_SECRETS]}})


def test_secrets_are_refused_in_a_form_too(api: APIClient, job: Job) -> None:
    Job.objects.update(has_sensitive_variables=True)
    answer = form(api, job, {"interval": "future"})
    assert (answer.status_code, answer.json()) == (400, {"_schedule_interval": [NO_SECRETS]})
    assert not ScheduledJob.objects.exists()


@pytest.mark.parametrize("schedule", [{}, {"name": "n"}, "daily"])
def test_malformed_schedule_of_a_job_with_secrets_is_a_400(api: APIClient, job: Job, schedule: Any) -> None:
    Job.objects.update(has_sensitive_variables=True)
    assert later(api, job, schedule).status_code == 400


def test_value_of_a_secret_variable_is_not_stored(api: APIClient, job: Job) -> None:
    Job.objects.update(variables=[{"name": "s", "type": "StringVar", "required": False, "sensitive": True}])
    answer = later(api, job, DAILY, data={"s": "hush"})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["s"])
    assert not ScheduledJob.objects.exists()


def test_form_stores_a_schedule_with_its_file(api: APIClient, job: Job) -> None:
    Job.objects.update(variables=[{"name": "f", "type": "FileVar", "required": False}])
    answer = form(api, job, DAILY, f=SimpleUploadedFile("up.txt", b"body"))
    schedule = ScheduledJob.objects.get()
    assert (answer.status_code, answer.json()["schedule"]["name"]) == (201, "n")
    assert schedule.inputs == {"f": str(InputFile.objects.get(name="up.txt").pk)}


@pytest.mark.parametrize(
    ("parts", "errors"),
    [
        ({"interval": "bogus"}, {"_schedule_interval": ["bogus is not a valid choice."]}),
        ({"name": "n"}, {"_schedule_interval": ["This field is required."]}),
        ({"interval": "future"}, {"_schedule_name": [NO_NAME]}),
        ({"interval": "future", "name": "n"}, {"_schedule_start_time": [NO_START]}),
        (DAILY | {"start_time": "soon"}, {"_schedule_start_time": [WRONG_FORMAT]}),
        ({"interval": "custom", "name": "n"}, {"_schedule_crontab": ["Please enter a valid crontab."]}),
        (DAILY | {"name": ""}, {"_schedule_name": ["This field may not be blank."]}),
    ],
)
def test_wrong_parts_of_a_form_are_told_under_their_names(
    api: APIClient, job: Job, parts: dict[str, Any], errors: Any
) -> None:
    answer = form(api, job, parts)
    assert (answer.status_code, answer.json()) == (400, errors)


def test_class_path_answers_without_a_result(api: APIClient, job: Job) -> None:
    answer = api.post("/api/extras/jobs/local/sample/Hello/run/", {"schedule": DAILY})
    assert (answer.status_code, "result" in answer.json()) == (200, False)
    assert ScheduledJob.objects.count() == 1


@pytest.fixture
def both_days(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation that reads crontabs as 1.x does."""
    monkeypatch.setenv("FOUREYES_CRON_DAY_RULE", "and")
    get_conf.cache_clear()
    yield
    get_conf.cache_clear()


FRIDAY_13 = {"name": "n", "interval": "custom", "crontab": "0 0 13 * 5"}


def test_day_of_month_or_of_week_is_enough(api: APIClient, job: Job) -> None:
    later(api, job, FRIDAY_13)
    assert ScheduledJob.objects.get().day_rule == "or"


@pytest.mark.usefixtures("both_days")
def test_installation_may_demand_both(api: APIClient, job: Job) -> None:
    later(api, job, FRIDAY_13)
    assert ScheduledJob.objects.get().day_rule == "and"

"""Schedules on our own addresses: shapes, storing, changing, acting, alone and in bulk."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from foureyes.models import ApprovalRequest, Event, InputFile, Job, JobResult, ScheduledJob, SourceBundle
from foureyes.users.models import ObjectPermission, User

LIST = "/api/schedules/"
MakeJob = Callable[..., Job]
MakeSchedule = Callable[..., ScheduledJob]
HERE = datetime.now(UTC).replace(microsecond=0)
TOMORROW = HERE + timedelta(days=1)
VARIABLE = {"name": "site", "type": "StringVar", "required": True}


def allow(user: User, action: str, model: type, constraints: object = None) -> None:
    row = ObjectPermission.objects.create(name=f"{action} it", actions=[action], constraints=constraints)
    row.object_types.add(ContentType.objects.get_for_model(model))
    row.users.add(user)


def wire(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


@pytest.fixture
def job(make_job: MakeJob, now: datetime) -> Job:
    bundle = SourceBundle.objects.create(digest="0" * 64, kind="folder", module_name="sample", created=now)
    return make_job(bundle=bundle, variables=[VARIABLE])


@pytest.fixture
def live(make_schedule: MakeSchedule, job: Job, admin: User) -> Callable[..., ScheduledJob]:
    """A schedule that is due tomorrow; the API reads the real clock."""

    def make(name: str = "nightly", **values: Any) -> ScheduledJob:
        given = {"start_time": TOMORROW, "next_run_at": TOMORROW, "decided_until": HERE, "user": admin}
        return make_schedule(name, job_model=job, **(given | {"inputs": {"site": "x"}} | values))

    return make


def new(planned: Job, **values: Any) -> dict[str, Any]:
    body = {"job": str(planned.pk), "name": "n", "interval": "daily", "start_time": wire(TOMORROW)}
    return body | {"inputs": {"site": "x"}} | values


def test_schedule_tells_all_about_itself(api: APIClient, admin: User, job: Job, live: Any) -> None:
    schedule = live(time_zone="Europe/Berlin", user_name="admin")
    body = api.get(f"{LIST}{schedule.pk}/").json()
    assert body.pop("sentence").startswith("Every day at ")
    assert body == {
        "id": str(schedule.pk),
        "url": f"http://testserver{LIST}{schedule.pk}/",
        "name": "nightly",
        "description": "",
        "job": {
            "id": str(job.pk),
            "name": "Hello",
            "slug": "local-sample-hello",
            "url": f"http://testserver/api/extras/jobs/{job.pk}/",
        },
        "job_class": "local/sample/Hello",
        "state": "active",
        "state_reason": "",
        "interval": "daily",
        "crontab": "",
        "time_zone": "Europe/Berlin",
        "day_rule": "or",
        "gap": "after",
        "fold": "first",
        "start_time": wire(TOMORROW),
        "end_time": None,
        "max_runs": None,
        "jitter_seconds": 0,
        "misfire": "latest",
        "misfire_limit": None,
        "latest_start_seconds": None,
        "overlap": "allow",
        "next_run_at": wire(TOMORROW),
        "last_run_at": None,
        "total_run_count": 0,
        "revision": 1,
        "inputs": {"site": "x"},
        "commit": True,
        "queue": None,
        "priority": 0,
        "user": {"id": str(admin.pk), "username": "admin"},
        "user_name": "admin",
        "owner_active": True,
        "warning": None,
        "created": "2026-11-23T12:00:00Z",
        "date_changed": "2026-11-23T12:00:00Z",
        "approval_required": False,
    }


def test_list_is_the_newest_first_and_without_deleted_ones(api: APIClient, live: Any) -> None:
    for name in ("one", "two", "three"):
        live(name)
    live("gone", state="deleted")
    first = api.get(f"{LIST}?limit=2").json()
    assert [row["name"] for row in first["results"]] == ["three", "two"]
    second = api.get(first["next"]).json()
    assert ([row["name"] for row in second["results"]], second["next"]) == (["one"], None)


def test_damaged_row_does_not_hide_the_others(api: APIClient, live: Any) -> None:
    live("sound")
    live("damaged", interval="custom", crontab="no crontab")
    rows = {row["name"]: row["sentence"] for row in api.get(LIST).json()["results"]}
    assert rows["sound"].startswith("Every day")
    assert "five fields" in rows["damaged"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=paused", ["b"]),
        ("state=active&state=paused", ["b", "a"]),
        ("job=local-sample-hello", ["b", "a"]),
        ("user=admin", ["a"]),
        ("without_owner=true", ["b"]),
        ("without_owner=false", ["b", "a"]),
        ("q=B", ["b"]),
        ("interval=weekly", []),
        ("next_run_at__gt=2000-01-01", ["b", "a"]),
    ],
)
def test_filters(api: APIClient, live: Any, dave: User, query: str, found: list[str]) -> None:
    User.objects.filter(pk=dave.pk).update(is_active=False)
    live("a", job_class="x")
    live("b", job_class="x", state="paused", user=dave)
    assert [row["name"] for row in api.get(f"{LIST}?{query}").json()["results"]] == found


def test_warning_comes_before_the_failure(api: APIClient, live: Any, dave: User, job: Job) -> None:
    def warning(schedule: ScheduledJob) -> tuple[Any, Any]:
        (listed,) = (row for row in api.get(LIST).json()["results"] if row["id"] == str(schedule.pk))
        return listed["warning"], api.get(f"{LIST}{schedule.pk}/").json()["warning"]

    forbidden = f"Its requester {dave} may not run {job.name} any more."
    assert warning(live("may not", user=dave)) == (None, forbidden)  # rights are looked up for a single one
    left = live("left", user=None)
    assert (
        warning(left)[0] == warning(left)[1] == ("Its requester was deleted. Somebody else can take the schedule over.")
    )
    Job.objects.update(enabled=False)
    assert warning(live("off")) == ("This job is not enabled to be run.",) * 2


def test_new_schedule_answers_201(api: APIClient, admin: User, job: Job) -> None:
    answer = api.post(LIST, new(job, max_runs=3, commit=False, description="why", time_zone="Europe/Berlin"))
    body, schedule = answer.json(), ScheduledJob.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, body["url"])
    assert (body["id"], body["state"], body["next_run_at"]) == (str(schedule.pk), "active", wire(TOMORROW))
    assert (schedule.user, schedule.max_runs, schedule.commit, schedule.description) == (admin, 3, False, "why")


def test_start_needs_no_margin_and_may_be_left_out(api: APIClient, job: Job) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=10)
    assert api.post(LIST, new(job, start_time=wire(soon))).status_code == 201
    without = new(job)
    del without["start_time"]
    assert api.post(LIST, without).status_code == 201


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"max_run": 3}, ["max_run"]),
        ({"interval": "immediately"}, ["interval"]),
        ({"interval": "custom", "crontab": "x"}, ["crontab"]),
        ({"time_zone": "Berlin"}, ["time_zone"]),
        ({"max_runs": 0}, ["max_runs"]),
        ({"start_time": "2020-01-01T00:00:00Z"}, ["start_time"]),
        ({"end_time": "2020-01-01T00:00:00Z"}, ["end_time"]),
        ({"overlap": "maybe"}, ["overlap"]),
        ({"inputs": {}}, ["site"]),
        ({"inputs": {"site": "x", "zz": 1}}, ["zz"]),
        ({"job": "nope"}, ["job"]),
        ({"job": "01a20b09-2d89-71d5-85d8-4e4cff417733"}, ["job"]),
    ],
)
def test_wrong_schedule_names_the_field(api: APIClient, job: Job, values: dict[str, Any], fields: list[str]) -> None:
    answer = api.post(LIST, new(job, **values))
    assert (answer.status_code, list(answer.json()["fields"])) == (400, fields)
    assert not ScheduledJob.objects.exists()


def test_storing_needs_the_right_to_run_that_job(client_of: Any, alice: User, dave: User, job: Job) -> None:
    allow(alice, "run", Job, {"name": "Other"})
    assert client_of(dave).post(LIST, new(job)).status_code == 403
    answer = client_of(alice).post(LIST, new(job))
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["job"])


def test_schedule_of_a_gated_job_waits_for_an_approval(api: APIClient, job: Job) -> None:
    Job.objects.update(gated=True, approval_required=True)
    body = api.post(LIST, new(job, reason="It is full")).json()
    assert (body["state"], body["approval_required"]) == ("pending", True)
    assert ApprovalRequest.objects.get().reason == "It is full"


class TestReason:
    """Of a gated job: without one nothing is stored and nothing changes."""

    NEEDED = (400, "no_reason", ["reason"])

    @pytest.fixture(autouse=True)
    def gated(self, job: Job) -> None:
        Job.objects.update(gated=True, approval_required=True)

    def refused(self, answer: Any) -> tuple[int, str, list[str]]:
        body = answer.json()
        return answer.status_code, body["code"], list(body["fields"])

    @pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": " "}])
    def test_is_needed_for_a_new_schedule(self, api: APIClient, job: Job, reason: dict[str, str]) -> None:
        assert self.refused(api.post(LIST, new(job, **reason))) == self.NEEDED
        assert not ScheduledJob.objects.exists()

    def test_is_needed_for_a_clone_and_for_a_run_now(self, api: APIClient, live: Any) -> None:
        row = f"{LIST}{live().pk}/"
        for action in ("clone", "run-now"):
            assert self.refused(api.post(f"{row}{action}/", {})) == self.NEEDED
            assert api.post(f"{row}{action}/", {"reason": "once more"}).status_code in (201, 202)
        assert [request.reason for request in ApprovalRequest.objects.all()] == ["once more", "once more"]

    def test_is_needed_for_a_takeover_alone_and_in_bulk(self, api: APIClient, live: Any) -> None:
        schedule, other = live(user=None), live(user=None)
        assert self.refused(api.post(f"{LIST}{schedule.pk}/take-over/", {})) == self.NEEDED
        assert api.post(f"{LIST}{schedule.pk}/take-over/", {"reason": "mine now"}).status_code == 200
        body = {"action": "take-over", "ids": [str(other.pk)]}
        assert [one["code"] for one in api.post(f"{LIST}bulk/", body).json()["results"]] == ["no_reason"]
        assert api.post(f"{LIST}bulk/", body | {"reason": "so is this"}).json()["results"][0]["ok"]
        assert api.post(f"{LIST}bulk/", body | {"action": "pause", "reason": "x"}).status_code == 400

    def test_of_the_request_that_is_replaced_is_enough_for_an_edit(self, api: APIClient, job: Job) -> None:
        row = f"{LIST}{api.post(LIST, new(job, reason='It is full')).json()['id']}/"
        assert api.patch(row, {"inputs": {"site": "y"}}).status_code == 200
        assert api.patch(row, {"inputs": {"site": "z"}, "reason": "The other one"}).status_code == 200
        reasons = ApprovalRequest.objects.order_by("number").values_list("reason", flat=True)
        assert list(reasons) == ["It is full", "It is full", "The other one"]

    def test_is_needed_for_an_edit_that_asks_for_the_first_time(self, api: APIClient, live: Any) -> None:
        schedule = live()
        assert self.refused(api.patch(f"{LIST}{schedule.pk}/", {"inputs": {"site": "y"}})) == self.NEEDED
        schedule.refresh_from_db()
        assert schedule.inputs == {"site": "x"}


def test_schedule_with_a_file_comes_as_a_form(api: APIClient, job: Job) -> None:
    Job.objects.update(variables=[VARIABLE, {"name": "table", "type": "FileVar", "required": True}])
    parts = {f"_{name}": value for name, value in new(job, max_runs=3, commit="false").items() if name != "inputs"}
    upload = SimpleUploadedFile("hosts.csv", b"a,b")
    answer = api.post(LIST, {**parts, "site": "paris", "table": upload}, format="multipart")
    assert answer.status_code == 201
    schedule = ScheduledJob.objects.get()
    assert (schedule.inputs["site"], schedule.max_runs, schedule.commit) == ("paris", 3, False)
    kept = InputFile.objects.get(pk=schedule.inputs["table"])
    assert (kept.name, kept.size, kept.job_result) == ("hosts.csv", 3, None)


def test_what_is_wrong_in_a_form_has_the_name_of_its_part(api: APIClient, job: Job) -> None:
    parts = {f"_{name}": value for name, value in new(job, interval="now").items() if name != "inputs"}
    answer = api.post(LIST, {**parts, "site": "x"}, format="multipart")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["_interval"])


def test_only_what_is_sent_is_changed(api: APIClient, live: Any) -> None:
    schedule = live(end_time=TOMORROW + timedelta(days=9), max_runs=5)
    body = api.patch(f"{LIST}{schedule.pk}/", {"name": "other", "max_runs": None}).json()
    assert (body["name"], body["max_runs"], body["revision"]) == ("other", None, 2)
    assert body["end_time"] == wire(TOMORROW + timedelta(days=9))
    assert body["inputs"] == {"site": "x"}


@pytest.mark.parametrize("changes", [{"state": "paused"}, {"interval": "immediately"}, {"inputs": {}}, {"job": "x"}])
def test_wrong_change_is_refused_whole(api: APIClient, live: Any, changes: dict[str, Any]) -> None:
    schedule = live()
    answer = api.patch(f"{LIST}{schedule.pk}/", {"name": "other"} | changes)
    assert (answer.status_code, "fields" in answer.json()) == (400, True)
    schedule.refresh_from_db()
    assert (schedule.name, schedule.revision) == ("nightly", 1)


def test_change_may_not_lead_out_of_the_permission(client_of: Any, alice: User, live: Any) -> None:
    schedule = live("a night")
    allow(alice, "change", ScheduledJob, {"name__startswith": "a"})
    client = client_of(alice)
    assert client.patch(f"{LIST}{schedule.pk}/", {"name": "z"}).status_code == 403
    assert client.patch(f"{LIST}{schedule.pk}/", {"name": "a day"}).status_code == 200
    assert ScheduledJob.objects.get().name == "a day"


def test_pause_skip_resume_and_cancel(api: APIClient, live: Any) -> None:
    schedule = live()

    def act(name: str, body: Any = None) -> Any:
        answer = api.post(f"{LIST}{schedule.pk}/{name}/", body)
        assert answer.status_code == 200
        return answer.json()

    paused = act("pause", {"note": "audit week"})
    assert (paused["state"], paused["state_reason"]) == ("paused", "audit week")
    assert act("resume")["state"] == "active"
    assert act("skip-next")["next_run_at"] == wire(TOMORROW + timedelta(days=1))
    assert act("cancel")["state"] == "cancelled"
    again = api.post(f"{LIST}{schedule.pk}/cancel/")
    assert (again.status_code, again.json()["code"]) == (409, "schedule_state")
    assert api.get(f"{LIST}{schedule.pk}/").status_code == 200
    assert api.get(f"/api/extras/scheduled-jobs/{schedule.pk}/").status_code == 404


def test_deleted_schedule_is_gone(api: APIClient, live: Any) -> None:
    schedule = live()
    assert api.delete(f"{LIST}{schedule.pk}/").status_code == 204
    assert api.get(f"{LIST}{schedule.pk}/").status_code == 404
    assert api.delete(f"{LIST}{schedule.pk}/").status_code == 404
    assert Event.objects.filter(kind="schedule.deleted", subject_id=str(schedule.pk)).exists()


def test_run_now_leaves_the_plan_alone(api: APIClient, admin: User, live: Any) -> None:
    schedule = live()
    answer = api.post(f"{LIST}{schedule.pk}/run-now/")
    run = JobResult.objects.get()
    assert (answer.status_code, answer.json()["id"]) == (201, str(run.pk))
    assert answer.json()["schedule"] == str(schedule.pk)
    schedule.refresh_from_db()
    assert (run.user, schedule.next_run_at) == (admin, TOMORROW)
    assert api.get(f"/api/runs/?schedule={schedule.pk}").json()["results"][0]["id"] == str(run.pk)


def test_clone_is_a_schedule_of_its_own(client_of: Any, alice: User, live: Any) -> None:
    schedule = live()
    allow(alice, "view", ScheduledJob)
    allow(alice, "run", Job)
    answer = client_of(alice).post(f"{LIST}{schedule.pk}/clone/", {"name": "mine"})
    assert (answer.status_code, answer.json()["name"], answer.json()["user"]["username"]) == (201, "mine", "alice")
    assert ScheduledJob.objects.count() == 2


def test_taking_over_needs_change_and_run(client_of: Any, alice: User, live: Any) -> None:
    schedule = live(user=None, user_name="gone")
    allow(alice, "change", ScheduledJob)
    address = f"{LIST}{schedule.pk}/take-over/"
    assert client_of(alice).post(address).status_code == 403
    allow(alice, "run", Job)
    body = client_of(alice).post(address).json()
    assert (body["user"]["username"], body["owner_active"], body["warning"]) == ("alice", True, None)


def test_schedule_with_a_requester_is_not_taken_over(client_of: Any, alice: User, live: Any) -> None:
    allow(alice, "change", ScheduledJob)
    allow(alice, "run", Job)
    answer = client_of(alice).post(f"{LIST}{live().pk}/take-over/")
    assert (answer.status_code, answer.json()["code"]) == (409, "has_owner")


def test_bulk_judges_each_on_its_own(client_of: Any, alice: User, live: Any) -> None:
    mine, other, hidden = live("a1"), live("b", state="finished"), live("hidden")
    allow(alice, "view", ScheduledJob, {"name__in": ["a1", "b"]})
    allow(alice, "change", ScheduledJob, {"name__in": ["a1", "b"]})
    ids = [str(row.pk) for row in (other, mine, hidden)]
    answer = client_of(alice).post(f"{LIST}bulk/", {"action": "pause", "ids": ids, "note": "freeze"})
    assert answer.status_code == 200
    told = [(row["id"], row["ok"], row["code"]) for row in answer.json()["results"]]
    assert told == [(ids[0], False, "schedule_state"), (ids[1], True, ""), (ids[2], False, "not_found")]
    assert set(ScheduledJob.objects.values_list("name", "state", "state_reason")) == {
        ("a1", "paused", "freeze"),
        ("b", "finished", ""),
        ("hidden", "active", ""),
    }


@pytest.mark.parametrize("action", ["skip-next", "run-now", "delete", "cancel", "clone"])
def test_bulk_has_every_action(api: APIClient, live: Any, action: str) -> None:
    ids = [str(live(name).pk) for name in ("a", "b")]
    answer = api.post(f"{LIST}bulk/", {"action": action, "ids": ids})
    assert [row["ok"] for row in answer.json()["results"]] == [True, True]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"action": "explode", "ids": ["01a20b09-2d89-71d5-85d8-4e4cff417733"]}, "action"),
        ({"action": "pause", "ids": []}, "ids"),
        ({"action": "pause", "ids": ["x"]}, "ids"),
        ({"action": "resume", "ids": ["01a20b09-2d89-71d5-85d8-4e4cff417733"], "note": "n"}, "note"),
        ({"action": "pause"}, "ids"),
    ],
)
def test_wrong_bulk_request_names_the_field(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(f"{LIST}bulk/", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_the_terms_of_its_request_are_sent_with_a_schedule(api: APIClient, job: Job) -> None:
    Job.objects.update(gated=True, approval_required=True)
    sent = new(job, reason="Nightly", decide_before_start=True, decide_within_seconds=None)
    assert api.post(LIST, sent).status_code == 201
    assert ApprovalRequest.objects.get().expires_at == TOMORROW
    refused = api.post(LIST, {**sent, "decide_within_seconds": 5})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["decide_within_seconds"])

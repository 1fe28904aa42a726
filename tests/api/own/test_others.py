from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIClient

from foureyes.models import Event, Job, JobResult, SourceBundle, Worker
from foureyes.users.models import ObjectPermission, User

ClientOf = Callable[..., APIClient]
MakeJob = Callable[..., Job]


def allow(user: User, action: str, model: type, constraints: object = None) -> None:
    row = ObjectPermission.objects.create(name=f"{action} it", actions=[action], constraints=constraints)
    row.object_types.add(ContentType.objects.get_for_model(model))
    row.users.add(user)


def test_dry_run_never_commits(api: APIClient, make_job: MakeJob, now: datetime, worker: Worker) -> None:
    bundle = SourceBundle.objects.create(digest="0" * 64, kind="folder", module_name="sample", created=now)
    job = make_job(bundle=bundle)
    answer = api.post(f"/api/jobs/{job.pk}/dry-run/", {"data": {}, "commit": True})
    assert (answer.status_code, answer.json()["purpose"], answer.json()["commit"]) == (201, "dry_run", False)
    assert JobResult.objects.get().purpose == "dry_run"


def test_refusal_on_our_own_address_has_a_code(api: APIClient, make_job: MakeJob) -> None:
    answer = api.post(f"/api/jobs/{make_job(enabled=False).pk}/dry-run/", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "job_not_enabled")


def test_variables_have_all_options(api: APIClient, make_job: MakeJob) -> None:
    spec = {"name": "s", "type": "StringVar", "required": True, "regex": "x"}
    assert api.get(f"/api/jobs/{make_job(variables=[spec]).pk}/variables/").json() == [spec]


def test_job_without_source_has_none_to_show(api: APIClient, make_job: MakeJob) -> None:
    assert api.get(f"/api/jobs/{make_job().pk}/source/").status_code == 404


def test_workers_are_drained_and_resumed(api: APIClient, worker: Worker) -> None:
    (row,) = api.post("/api/workers/drain/", {}).json()["results"]
    assert (row["state"], row["alive"], row["busy"]) == ("draining", True, 0)
    (row,) = api.post("/api/workers/resume/", {"ids": [str(worker.pk)]}).json()["results"]
    assert row["state"] == "running"


def test_draining_needs_the_permission(client_of: ClientOf, alice: User, worker: Worker) -> None:
    allow(alice, "view", Worker)
    assert client_of(alice).get("/api/workers/").json()["results"][0]["name"] == "host:1"
    assert client_of(alice).post("/api/workers/drain/", {}).status_code == 403


def test_who_am_i_tells_account_and_token(client_of: ClientOf, alice: User) -> None:
    body = client_of(alice, write_enabled=False).get("/api/whoami/").json()
    assert (body["user"]["username"], body["user"]["groups"]) == ("alice", [])
    assert body["token"]["write_enabled"] is False


def test_can_names_the_permission(client_of: ClientOf, alice: User, make_job: MakeJob) -> None:
    job = make_job()
    allow(alice, "run", Job)
    allow(alice, "view", Job)
    path = f"/api/can/?action=run&object_type=extras.job&object_id={job.pk}"
    body = client_of(alice).get(path).json()
    assert body["allowed"]
    assert [(row["name"], row["via"]) for row in body["permissions"]] == [("run it", "user")]


def test_can_tells_nothing_about_what_is_hidden(client_of: ClientOf, dave: User, make_job: MakeJob) -> None:
    path = f"/api/can/?action=run&object_type=extras.job&object_id={make_job().pk}"
    assert client_of(dave).get(path).status_code == 404


def test_can_of_others_needs_to_see_them(client_of: ClientOf, dave: User, alice: User, api: APIClient) -> None:
    path = "/api/can/?action=run&object_type=extras.job&user=alice"
    assert client_of(dave).get(path).status_code == 404
    assert api.get(path).json()["allowed"] is False


@pytest.mark.parametrize("object_type", ["nosuch.thing", "extras.nosuch", "x"])
def test_can_of_unknown_types_is_a_400(api: APIClient, object_type: str) -> None:
    answer = api.get(f"/api/can/?action=run&object_type={object_type}")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["object_type"])


def test_events_are_filtered_and_newest_first(api: APIClient, alice: User, now: datetime) -> None:
    for kind in ("a.b", "c.d"):
        Event.objects.create(kind=kind, at=now, actor_id=alice.pk, actor_name="alice", subject_id="1")
    assert [row["kind"] for row in api.get("/api/events/").json()["results"]] == ["c.d", "a.b"]
    for query in ("kind=a.b", "kind=a.b&actor=alice", f"kind=a.b&actor={alice.pk}", "kind=a.b&subject_id=1"):
        assert [row["kind"] for row in api.get(f"/api/events/?{query}").json()["results"]] == ["a.b"]


def test_receiver_that_ignores_its_approval_is_told(api: APIClient, make_job: MakeJob) -> None:
    """G14."""
    job = make_job(is_job_hook_receiver=True, approval_required=True, gated=True)
    body = api.get(f"/api/jobs/{job.pk}/").json()
    assert (body["gated"], [note["code"] for note in body["notes"]]) == (True, ["approval_ignored"])
    findings = {finding["code"]: finding for finding in api.get("/api/doctor/").json()["findings"]}
    assert (findings["approval_ignored"]["level"], job.name in findings["approval_ignored"]["text"]) == (
        "warning",
        True,
    )


def test_doctor_is_for_superusers(api: APIClient, client_of: ClientOf, alice: User) -> None:
    levels = {finding["code"]: finding["level"] for finding in api.get("/api/doctor/").json()["findings"]}
    assert (levels["no_worker"], levels["database"]) == ("error", "ok")
    assert client_of(alice).get("/api/doctor/").status_code == 403

"""Object changes: what the operations did, in the form of 1.x."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from rest_framework.test import APIClient

from foureyes.models import Event, Job, JobHook, ObjectChange
from foureyes.users.models import ObjectPermission, User

CHANGES = "/api/extras/object-changes/"


@pytest.fixture
def group(api: APIClient) -> dict[str, Any]:
    """A group that was made, renamed and deleted, each by a request of its own."""
    made = dict(api.post("/api/users/groups/", {"name": "netops"}).json())
    api.patch(made["url"], {"name": "noc"})
    api.delete(made["url"])
    return made


def test_history_of_an_object_is_there_after_its_end(api: APIClient, group: dict[str, Any]) -> None:
    body = api.get(f"{CHANGES}?changed_object_type=auth.group").json()
    assert [row["action"]["label"] for row in body["results"]] == ["Deleted", "Updated", "Created"]
    assert [row["object_data"]["name"] for row in body["results"]] == ["noc", "noc", "netops"]
    newest = body["results"][0]
    assert (newest["changed_object"], newest["changed_object_id"]) == (None, str(group["id"]))
    assert newest["display"] == "auth | group noc deleted by admin"
    assert len({row["request_id"] for row in body["results"]}) == 3


def test_what_came_of_one_request_has_one_id(api: APIClient) -> None:
    api.post("/api/users/groups/", [{"name": "a"}, {"name": "b"}])
    rows = api.get(CHANGES).json()["results"]
    assert len(rows) == 2
    assert len({row["request_id"] for row in rows}) == 1
    again = api.get(f"{CHANGES}?request_id={rows[0]['request_id']}").json()
    assert again["count"] == 2


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=create", 1),
        ("action=create&action=delete", 2),
        ("user=admin", 3),
        ("user_name__n=admin", 0),
        ("object_repr=noc", 2),
        ("q=net", 1),
        ("changed_object_type=users.user", 0),
        ("time__gte=2020-01-01 00:00:00", 3),
    ],
)
def test_filters(api: APIClient, group: dict[str, Any], query: str, count: int) -> None:
    assert api.get(f"{CHANGES}?{query}").json()["count"] == count


def test_type_can_be_named_by_its_number(api: APIClient, group: dict[str, Any]) -> None:
    number = ContentType.objects.get(app_label="auth", model="group").pk
    assert api.get(f"{CHANGES}?changed_object_type_id={number}").json()["count"] == 3
    for none in ("999999", "-1", "1e300", "0.5"):
        assert api.get(f"{CHANGES}?changed_object_type_id={none}").json()["count"] == 0


def test_facts_that_change_nothing_are_left_out(api: APIClient, db: None, now: datetime) -> None:
    Event.objects.create(kind="worker.started", at=now, subject_type="extras.worker", subject_id="1")
    assert api.get(CHANGES).json()["count"] == 0


def test_object_that_the_account_may_not_see_is_not_shown(
    client_of: Callable[..., APIClient], api: APIClient, alice: User
) -> None:
    api.post("/api/users/groups/", {"name": "netops"})
    permission = ObjectPermission.objects.create(name="changes", actions=["view"])
    permission.object_types.add(ContentType.objects.get_for_model(ObjectChange))
    permission.users.add(alice)
    [row] = client_of(alice).get(CHANGES).json()["results"]
    assert row["display"].startswith("auth | group netops")
    assert row["changed_object"] is None


def test_constraints_over_the_names_of_1_x_hold(
    client_of: Callable[..., APIClient], api: APIClient, alice: User
) -> None:
    api.post("/api/users/groups/", {"name": "netops"})
    own = api.patch("/api/users/users/" + str(alice.pk) + "/", {"first_name": "A"})
    assert own.status_code == 200
    permission = ObjectPermission.objects.create(
        name="changes", actions=["view"], constraints={"changed_object_type": "users.user", "action": "update"}
    )
    permission.object_types.add(ContentType.objects.get_for_model(ObjectChange))
    permission.users.add(alice)
    assert [row["changed_object_type"] for row in client_of(alice).get(CHANGES).json()["results"]] == ["users.user"]


def test_permissions_have_the_names_of_1_x(
    client_of: Callable[..., APIClient], api: APIClient, alice: User, make_job: Callable[..., Job]
) -> None:
    """extras.view_objectchange, extras.add_jobhook and extras.view_webhook, given through the API."""
    for name, types, actions in (
        ("look", ["extras.objectchange", "extras.webhook"], ["view"]),
        ("hooks", ["extras.jobhook"], ["add", "view"]),
    ):
        body = {"name": name, "object_types": types, "actions": actions, "users": [str(alice.pk)]}
        assert api.post("/api/users/permissions/", body).status_code == 201
    client = client_of(alice)
    for path in ("object-changes", "webhooks", "job-hooks"):
        assert client.get(f"/api/extras/{path}/").status_code == 200
    receiver = make_job("Receiver", is_job_hook_receiver=True)
    hook = {"name": "h", "content_types": ["auth.group"], "job": str(receiver.pk), "type_create": True}
    assert client.post("/api/extras/job-hooks/", hook).status_code == 201
    assert client.delete(f"/api/extras/job-hooks/{JobHook.objects.get().pk}/").status_code == 403
    webhook = {"name": "w", "content_types": ["auth.group"], "payload_url": "https://example.org/", "type_create": True}
    assert client.post("/api/extras/webhooks/", webhook).status_code == 403


def test_password_is_in_no_change(api: APIClient, alice: User) -> None:
    api.patch(f"/api/users/users/{alice.pk}/", {"password": "quiet-lantern-4711"})
    [row] = api.get(CHANGES).json()["results"]
    assert "password" not in row["object_data"]
    assert row["action"]["value"] == "update"


def test_list_costs_the_same_for_many(
    api: APIClient, make_job: Callable[..., Job], django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        job = make_job(f"J{number}")
        api.patch(f"/api/extras/jobs/{job.pk}/", {"hidden": True, "hidden_override": True})
    api.post("/api/users/groups/", {"name": "netops"})
    with django_assert_max_num_queries(8):
        assert api.get(CHANGES).json()["count"] == 7

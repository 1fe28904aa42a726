"""Object permissions on the wire."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from foureyes.models import Event
from foureyes.users.models import ObjectPermission, User

PERMISSIONS = "/api/users/permissions/"
GOOD: dict[str, Any] = {"name": "p1", "object_types": ["extras.job"], "actions": ["view"]}


def test_a_permission_is_made_and_shown(api: APIClient, alice: User) -> None:
    group = Group.objects.create(name="operators")
    sent = {**GOOD, "constraints": {"name": "Hello"}, "groups": [group.pk], "users": [str(alice.pk)]}
    answer = api.post(PERMISSIONS, sent)
    assert answer.status_code == 201, answer.json()
    row = ObjectPermission.objects.get()
    url = f"http://testserver/api/users/permissions/{row.pk}/"
    assert answer["Location"] == url
    assert answer.json() == {
        "display": "p1",
        "id": str(row.pk),
        "url": url,
        "name": "p1",
        "description": "",
        "enabled": True,
        "object_types": ["extras.job"],
        "groups": [
            {
                "display": "operators",
                "id": group.pk,
                "url": f"http://testserver/api/users/groups/{group.pk}/",
                "name": "operators",
            }
        ],
        "users": [
            {
                "display": "alice",
                "id": str(alice.pk),
                "url": f"http://testserver/api/users/users/{alice.pk}/",
                "username": "alice",
            }
        ],
        "actions": ["view"],
        "constraints": {"name": "Hello"},
    }
    assert api.get(url).json() == api.put(url, answer.json()).json() == answer.json()
    brief = api.get(f"{PERMISSIONS}?brief=1").json()["results"][0]
    assert (brief["groups"], brief["users"]) == (["operators"], ["alice"])


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({"object_types": ["extras.nosuch"]}, {"object_types": ["Invalid content type: extras.nosuch"]}),
        ({"actions": []}, {"actions": ["This field cannot be blank."]}),
        ({"object_types": []}, {"object_types": ["This list may not be empty."]}),
    ],
)
def test_bad_permissions_are_refused_in_the_recorded_words(api: APIClient, sent: Any, errors: Any) -> None:
    answer = api.post(PERMISSIONS, GOOD | sent)
    assert (answer.status_code, answer.json()) == (400, errors)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"constraints": {"nosuch": 1}}, "constraints"),
        ({"constraints": [{"name": "Hello"}, {"enabled": "perhaps"}]}, "constraints"),
        ({"constraints": "name"}, "constraints"),
        ({"constraints": []}, "constraints"),
        ({"actions": "view"}, "actions"),
        ({"actions": [{"view": 1}]}, "actions"),
        ({"users": ["nobody"]}, "users"),
        ({"object_types": [7]}, "object_types"),
        ({"object_types": [{"a": 1}]}, "object_types"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_permissions_are_refused_by_field(api: APIClient, sent: Any, field: str) -> None:
    answer = api.post(PERMISSIONS, GOOD | sent)
    assert answer.status_code == 400, answer.json()
    assert list(answer.json()) == [field]
    assert not ObjectPermission.objects.exists()


def test_a_permission_is_changed_and_deleted(api: APIClient) -> None:
    url = api.post(PERMISSIONS, GOOD).json()["url"]
    answer = api.patch(url, {"enabled": False, "constraints": [{"name": "Hello"}, {"name": "Fails"}]})
    assert answer.status_code == 200
    assert answer.json()["constraints"] == [{"name": "Hello"}, {"name": "Fails"}]
    assert not answer.json()["enabled"]
    assert api.patch(url, {"constraints": {"nosuch": 1}}).status_code == 400
    assert api.delete(url).status_code == 204
    assert api.get(url).json() == {"detail": "Not found."}
    kinds = list(Event.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["permission.created", "permission.edited", "permission.deleted"]


def test_a_type_named_twice_counts_once(api: APIClient) -> None:
    answer = api.post(PERMISSIONS, GOOD | {"object_types": ["extras.job", "extras.job"]})
    assert answer.json()["object_types"] == ["extras.job"]


def test_filters(api: APIClient, alice: User) -> None:
    group = Group.objects.create(name="operators")
    api.post(PERMISSIONS, GOOD | {"name": "jobs", "users": [str(alice.pk)]})
    api.post(PERMISSIONS, GOOD | {"name": "results", "object_types": ["extras.jobresult"], "groups": [group.pk]})
    for query, found in {
        "name=jobs": ["jobs"],
        "q=res": ["results"],
        "enabled=false": [],
        "user=alice": ["jobs"],
        f"user_id={alice.pk}": ["jobs"],
        "group=operators": ["results"],
        f"group_id={group.pk}": ["results"],
        "object_types=extras.jobresult": ["results"],
        "object_types=extras.job&object_types=extras.jobresult": ["jobs", "results"],
        "object_types=nosuch": [],
    }.items():
        assert [row["name"] for row in api.get(f"{PERMISSIONS}?{query}").json()["results"]] == found, query


def test_the_number_of_queries_does_not_grow(
    api: APIClient, alice: User, permit: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        permit(alice, "view", User, Event)
    with django_assert_max_num_queries(8):
        assert len(api.get(PERMISSIONS).json()["results"]) == 30

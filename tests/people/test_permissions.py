"""Object permissions are made, changed and deleted; constraints are checked against every type they name."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType

from foureyes.errors import Invalid
from foureyes.models import Event, Job, JobResult
from foureyes.people.permissions import create_permission, delete_permission, edit_permission
from foureyes.users.models import ObjectPermission, User
from foureyes.users.permissions import may

Told = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def types(db: None) -> list[ContentType]:
    return [ContentType.objects.get_for_model(model) for model in (Job, JobResult)]


def test_a_permission_is_made(admin: User, alice: User, types: list[ContentType], now: datetime, told: Told) -> None:
    operators = Group.objects.create(name="operators")
    create_permission(
        name="run jobs", object_types=types[:1], actions=["view", "run"], constraints={"grouping": "Net"},
        users=[alice], groups=[operators], by=admin, now=now,
    )  # fmt: skip
    assert may(alice, "run", Job)
    assert told() == [("permission.created", "admin", "run jobs")]
    assert Event.objects.get().data == {
        "name": "run jobs",
        "description": "",
        "enabled": True,
        "actions": ["view", "run"],
        "constraints": {"grouping": "Net"},
        "object_types": ["extras.job"],
        "users": ["alice"],
        "groups": ["operators"],
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"actions": []}, "actions"),
        ({"actions": ["x" * 31]}, "actions"),
        ({"actions": [""]}, "actions"),
        ({"actions": [7]}, "actions"),
        ({"object_types": []}, "object_types"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"constraints": {"nosuch": 1}}, "constraints"),
        ({"constraints": {"user": "$user"}}, "constraints"),  # a field of one of the two types only
    ],
)
def test_what_cannot_be_used_is_refused(
    types: list[ContentType], now: datetime, values: dict[str, Any], field: str
) -> None:
    good: dict[str, Any] = {"name": "p", "object_types": types, "actions": ["view"]}
    with pytest.raises(Invalid) as refusal:
        create_permission(**(good | values), by=None, now=now)
    assert list(refusal.value.fields) == [field]
    assert not ObjectPermission.objects.exists()
    assert not Event.objects.exists()


def test_a_type_without_model_is_refused(db: None, now: datetime) -> None:
    old = ContentType.objects.create(app_label="extras", model="gone")
    with pytest.raises(Invalid) as refusal:
        create_permission(name="p", object_types=[old], actions=["view"], by=None, now=now)
    assert refusal.value.fields == {"object_types": ["Invalid content type: extras.gone"]}


def test_changes_are_told_with_before_and_after(
    alice: User, bob: User, types: list[ContentType], now: datetime
) -> None:
    row = create_permission(name="p", object_types=types[:1], actions=["view"], users=[alice], by=None, now=now)
    edit_permission(
        permission=row, changes={"constraints": [{"name": "Hello"}], "users": [bob], "name": "p"}, by=None, now=now
    )
    assert Event.objects.get(kind="permission.edited").data == {
        "changed": {"constraints": [None, [{"name": "Hello"}]], "users": [["alice"], ["bob"]]}
    }
    assert may(bob, "view", Job)
    assert not may(alice, "view", Job)


def test_other_types_must_know_the_constraints_too(types: list[ContentType], now: datetime) -> None:
    row = create_permission(
        name="p", object_types=types[:1], actions=["view"], constraints={"grouping": "Net"}, by=None, now=now
    )
    with pytest.raises(Invalid) as refusal:
        edit_permission(permission=row, changes={"object_types": types}, by=None, now=now)
    assert "extras.jobresult" in refusal.value.fields["constraints"][0]
    assert list(row.object_types.all()) == types[:1]


def test_broken_constraints_of_older_data_do_not_keep_a_permission_from_being_switched_off(
    types: list[ContentType], now: datetime
) -> None:
    row = ObjectPermission.objects.create(name="old", actions=["view"], constraints={"nosuch": 1})
    row.object_types.set(types)
    assert not edit_permission(permission=row, changes={"enabled": False}, by=None, now=now).enabled


def test_a_deleted_permission_is_told_whole(alice: User, types: list[ContentType], now: datetime) -> None:
    row = create_permission(name="p", object_types=types, actions=["view"], users=[alice], by=None, now=now)
    delete_permission(permission=row, by=None, now=now)
    data = Event.objects.get(kind="permission.deleted").data
    assert (data["object_types"], data["users"]) == (["extras.job", "extras.jobresult"], ["alice"])
    assert not ObjectPermission.objects.exists()

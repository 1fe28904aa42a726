"""Groups are made, renamed and deleted with a fact each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group

from foureyes.errors import Invalid
from foureyes.models import Event
from foureyes.people.groups import create_group, delete_group, rename_group
from foureyes.users.models import ObjectPermission, User

Told = Callable[[], list[tuple[Any, ...]]]


def test_a_group_is_made_renamed_and_deleted(admin: User, alice: User, now: datetime, told: Told) -> None:
    group = create_group(name="operators", by=admin, now=now)
    rename_group(group=group, name="ops", by=admin, now=now)
    alice.groups.add(group)
    ObjectPermission.objects.create(name="run jobs").groups.add(group)
    delete_group(group=group, by=admin, now=now)
    assert not Group.objects.exists()
    assert told() == [
        ("group.created", "admin", "operators"),
        ("group.edited", "admin", "ops"),
        ("group.deleted", "admin", "ops"),
    ]
    assert Event.objects.get(kind="group.edited").data == {"changed": {"name": ["operators", "ops"]}}
    assert Event.objects.get(kind="group.deleted").data == {"members": ["alice"], "permissions": ["run jobs"]}


def test_names_are_unique(db: None, now: datetime) -> None:
    create_group(name="operators", by=None, now=now)
    other = create_group(name="others", by=None, now=now)
    for attempt in (
        lambda: create_group(name="operators", by=None, now=now),
        lambda: rename_group(group=other, name="operators", by=None, now=now),
    ):
        with pytest.raises(Invalid) as refusal:
            attempt()
        assert list(refusal.value.fields) == ["name"]


def test_a_rename_to_the_same_name_is_not_told(db: None, now: datetime, told: Told) -> None:
    group = create_group(name="operators", by=None, now=now)
    rename_group(group=group, name="operators", by=None, now=now)
    assert [kind for kind, *_ in told()] == ["group.created"]

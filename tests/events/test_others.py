"""Changes of other apps' objects are recorded, once for each transaction."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db import transaction

from foureyes import events
from foureyes.models import Event, ObjectChange
from foureyes.users.models import User


def told() -> list[tuple[str, str]]:
    return list(Event.objects.order_by("id").values_list("kind", "subject_text"))


def test_object_is_told_with_its_fields_and_no_secrets(inventory: Any, alice: User) -> None:
    with events.acting(user=alice) as origin:
        device = inventory.Device.objects.create(name="core-1", password="hunter2")
    event = Event.objects.get()
    assert (event.kind, event.action, event.actor_name) == ("object.created", "create", "alice")
    assert (event.subject_type, event.subject_id) == ("inventory.device", str(device.pk))
    assert (event.object_data, event.request_id) == ({"name": "core-1", "racks": []}, origin.request_id)
    assert ObjectChange.objects.get().changed_object == device


def test_changes_in_one_transaction_are_one(inventory: Any, db: None) -> None:
    with transaction.atomic():
        device = inventory.Device.objects.create(name="core-1")
        device.name = "core-2"
        device.save()
    assert told() == [("object.created", "core-2")]
    event = Event.objects.get()
    assert event.object_data == {"name": "core-2", "racks": []}


def test_what_is_made_and_deleted_in_one_transaction_never_was(inventory: Any, db: None) -> None:
    inventory.Device.objects.create(name="core-1").delete()
    assert told() == []


def test_each_transaction_tells_its_own(inventory: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        device = inventory.Device.objects.create(name="core-1")
    with django_capture_on_commit_callbacks(execute=True):
        device.name = "core-2"
        device.save()
    with django_capture_on_commit_callbacks(execute=True):
        device.delete()
    assert told() == [("object.created", "core-1"), ("object.edited", "core-2"), ("object.deleted", "core-2")]


def test_what_was_rolled_back_is_not_told(inventory: Any, db: None) -> None:
    with transaction.atomic():
        device = inventory.Device.objects.create(name="core-1")
        transaction.set_rollback(True)
    assert told() == []
    inventory.Device.objects.create(pk=device.pk, name="core-1")
    assert told() == [("object.created", "core-1")]


def test_new_relations_are_a_change(inventory: Any, django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        device = inventory.Device.objects.create(name="core-1")
        rack = inventory.Rack.objects.create(name="r1")
    device.racks.add(rack)
    assert told()[2:] == [("object.edited", "core-1")]
    assert Event.objects.latest("id").object_data == {"name": "core-1", "racks": [str(rack.pk)]}


def test_framework_and_our_own_rows_are_not_told_so(db: None) -> None:
    """Our operations tell what they do; of permissions and content types nobody wants to hear."""
    User.objects.create(username="quiet")
    permission = Permission.objects.first()
    assert permission is not None
    permission.save()
    assert told() == []

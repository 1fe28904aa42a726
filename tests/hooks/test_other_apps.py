"""Objects of any other installed app start hooks, too."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.events.conftest import inventory as inventory
from tests.hooks.conftest import type_of

from foureyes import events
from foureyes.hooks.dispatch import dispatch
from foureyes.hooks.types import is_watchable
from foureyes.models import JobHook, JobResult, Webhook, WebhookDelivery
from foureyes.users.models import User


def test_device_starts_its_hooks_once_as_whoever_saved_it(
    inventory: Any,
    hook: Callable[..., JobHook],
    webhook: Callable[..., Webhook],
    alice: User,
    django_capture_on_commit_callbacks: Any,
) -> None:
    types = [type_of(inventory.Device)]
    assert is_watchable(types[0])
    before = datetime.now(UTC) - timedelta(minutes=1)
    hook("devices", content_types=types, type_update=True, now=before)
    webhook("devices", content_types=types, type_update=True, now=before)
    with events.acting(user=alice), django_capture_on_commit_callbacks(execute=True):
        device = inventory.Device.objects.create(name="core-1")
        device.racks.add(inventory.Rack.objects.create(name="r1"))
        device.save()
    dispatch(now=datetime.now(UTC))
    run, message = JobResult.objects.get(), WebhookDelivery.objects.get()
    assert (run.user, run.hook_event_id) == (alice, message.event_id)

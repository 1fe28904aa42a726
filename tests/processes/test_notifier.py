"""The notifier: alone with a receiver, and several real ones beside each other."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from standardwebhooks import Webhook as Standard
from tests.hooks.conftest import type_of
from tests.notifications.conftest import Receiver
from tests.notifications.conftest import receiver as receiver
from tests.processes.island import Island, island
from tests.serving import until

from foureyes.conf import Conf
from foureyes.hooks.webhooks import create_webhook
from foureyes.models import WebhookDelivery
from foureyes.people.groups import create_group
from foureyes.processes.notifier import Notifier
from foureyes.users.models import User

CHANGES = 60


@pytest.fixture
def notifier(db: None, now: datetime) -> Iterator[Notifier]:
    conf = Conf(webhook_trusted_hosts=["127.0.0.1"], webhook_timeout_seconds=30)
    made = Notifier(conf, name="host:1", now=now)
    yield made
    made.close(now=now)


def settle(notifier: Notifier, now: datetime) -> None:
    """Step until nothing is under way."""
    notifier.step(now=now)
    until(lambda: notifier.step(now=now) and not notifier.busy, what="all messages are sent")


def test_change_is_told_signed_and_again_until_somebody_takes_it(
    notifier: Notifier, receiver: Receiver, admin: User, now: datetime
) -> None:
    receiver.statuses = [503, 200]
    create_webhook(
        name="w", content_types=[type_of(Group)], payload_url=receiver.url, by=admin, now=now,
        values={"type_create": True, "secret": "hunter2", "additional_headers": "X-Key: abc"},
    )  # fmt: skip
    now += timedelta(minutes=1)
    create_group(name="netops", by=admin, now=now)

    settle(notifier, now)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.status_code, row.answer, row.attempts) == ("pending", 503, "thank you", 1)
    settle(notifier, row.next_attempt_at)
    row.refresh_from_db()
    assert (row.state, row.status_code, row.attempts) == ("delivered", 200, 2)

    [first, second] = receiver.requests
    assert first[1]["webhook-id"] == second[1]["webhook-id"] == str(row.pk)
    assert first[2] == second[2]
    assert json.loads(first[2])["data"]["name"] == "netops"
    assert first[1]["x-key"] == "abc"
    key = Standard(b"hunter2")
    signature = key.sign(str(row.pk), datetime.fromtimestamp(int(second[1]["webhook-timestamp"])), second[2].decode())
    assert signature.startswith("v1,")
    assert second[1]["x-hook-signature"]


def test_private_address_that_nobody_allowed_is_never_called(receiver: Receiver, admin: User, now: datetime) -> None:
    notifier = Notifier(Conf(), name="host:1", now=now)
    create_webhook(
        name="w", content_types=[type_of(Group)], payload_url=receiver.url, by=admin, now=now,
        values={"type_create": True},
    )  # fmt: skip
    create_group(name="netops", by=admin, now=now + timedelta(minutes=1))
    settle(notifier, now + timedelta(minutes=1))
    notifier.close(now=now)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts) == ("failed", 1)
    assert "FOUREYES_WEBHOOK_TRUSTED_HOSTS" in row.error
    assert not receiver.requests


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Island]:
    with island(
        tmp_path / "island", FOUREYES_WEBHOOK_TRUSTED_HOSTS='["127.0.0.1"]', FOUREYES_POLL_SECONDS="0.1"
    ) as made:
        yield made


SET_UP = """
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from foureyes.catalog.bundles import of_contents, store
from foureyes.hooks.job_hooks import create_job_hook
from foureyes.hooks.webhooks import create_webhook
from foureyes.jobs import ObjectVar
at = now()
admin = User.objects.create(username="admin", is_superuser=True)
bundle = store(source=of_contents(module="watch", contents={"watch.py": b"pass"}), now=at)
job = Job.objects.create(
    source="local", module_name="watch", job_class_name="Watch", name="Watch", slug="watch", grouping="g", enabled=True,
    has_sensitive_variables=False, bundle=bundle, is_job_hook_receiver=True, created=at.date(), last_updated=at,
    variables=[ObjectVar("extras.objectchange").spec("object_change")])
types = [ContentType.objects.get_for_model(Group)]
create_job_hook(name="h", content_types=types, job=job, type_create=True, by=admin, now=at)
create_webhook(name="w", content_types=types, payload_url=URL, values={"type_create": True}, by=admin, now=at)
"""
CHANGE = """
from foureyes.people.groups import create_group
admin = User.objects.get()
for number in range(FIRST, FIRST + COUNT):
    create_group(name=f"g{number}", by=admin, now=now())
"""
NOTIFY = "from foureyes.processes.notifier import notify; notify()"


@pytest.mark.processes
def test_several_notifiers_start_and_tell_each_change_once(place: Island, receiver: Receiver) -> None:
    """Two go on, and one is killed again and again before it sends anything of its own."""
    place.python(SET_UP, URL=receiver.url)
    for _ in range(2):
        place.start(NOTIFY)
    changing = threading.Thread(target=place.python, args=(CHANGE,), kwargs={"FIRST": 0, "COUNT": CHANGES})
    changing.start()
    place.until("JobResult.objects.count() > 5")
    killed = place.start("from foureyes.hooks.dispatch import dispatch\nwhile True: dispatch(limit=2, now=now())")
    changing.join()
    killed.kill()
    killed.wait()
    place.python(CHANGE, FIRST=CHANGES, COUNT=CHANGES)
    place.until("WebhookDelivery.objects.filter(state='delivered').count() == TOTAL", TOTAL=2 * CHANGES)
    place.until("JobResult.objects.count() == TOTAL", TOTAL=2 * CHANGES)
    told: list[Any] = [body["data"]["name"] for body in receiver.bodies()]
    assert sorted(told) == sorted(f"g{number}" for number in range(2 * CHANGES))
    ids = [headers["webhook-id"] for _, headers, _ in receiver.requests]
    assert len(set(ids)) == len(ids)
    numbers = place.python("answer(list(Event.objects.order_by('sequence').values_list('sequence', flat=True)))")
    sealed = [number for number in numbers if number is not None]
    assert sealed == list(range(1, len(sealed) + 1))

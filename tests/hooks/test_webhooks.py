"""Webhooks are stored with their secrets hidden, and refused when they could not be sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from foureyes.errors import Invalid
from foureyes.hooks.webhooks import delete_webhook, edit_webhook
from foureyes.models import Event, Webhook, WebhookDelivery
from foureyes.notifications.secrets import headers_of, secret_of
from foureyes.users.models import User

MASK = "********"


def test_secrets_are_kept_encrypted_and_masked(webhook: Callable[..., Webhook]) -> None:
    made = webhook(secret="hunter2", additional_headers="Authorization: Bearer abc\nAccept: text/plain")
    made.refresh_from_db()
    assert (made.secret, made.additional_headers) == (MASK, f"Authorization: {MASK}\nAccept: text/plain")
    assert secret_of(made) == "hunter2"
    assert headers_of(made) == {"Authorization": "Bearer abc", "Accept": "text/plain"}
    assert made.sealed is not None
    stored = bytes(made.sealed).decode() + str(list(Event.objects.values_list("data", "object_data")))
    assert "hunter2" not in stored
    assert "abc" not in stored


def test_mask_that_is_sent_back_keeps_what_is_behind_it(
    webhook: Callable[..., Webhook], admin: User, now: datetime
) -> None:
    made = webhook(secret="hunter2", additional_headers="X-Key: abc")
    changes: Any = {"secret": MASK, "additional_headers": f"X-Key: {MASK}\nX-New: 1", "name": "other"}
    edit_webhook(webhook=made, changes=changes, by=admin, now=now)
    made.refresh_from_db()
    assert (secret_of(made), headers_of(made)) == ("hunter2", {"X-Key": "abc", "X-New": "1"})


def test_secret_can_be_taken_away(webhook: Callable[..., Webhook], admin: User, now: datetime) -> None:
    made = webhook(secret="hunter2")
    edit_webhook(webhook=made, changes={"secret": ""}, by=admin, now=now)
    made.refresh_from_db()
    assert (made.secret, made.sealed, secret_of(made)) == ("", None, "")


def test_change_of_a_secret_alone_is_a_change(webhook: Callable[..., Webhook], admin: User, now: datetime) -> None:
    edit_webhook(webhook=webhook(secret="old"), changes={"secret": "new"}, by=admin, now=now)
    assert Event.objects.get(kind="webhook.edited").data == {"changed": {}}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"payload_url": "ftp://example.org/"}, "payload_url"),
        ({"payload_url": "https://"}, "payload_url"),
        ({"payload_url": "https://example.org:99999/"}, "payload_url"),
        ({"payload_url": "https://name:word@example.org/"}, "payload_url"),
        ({"payload_url": "https://example.org/a b"}, "payload_url"),
        ({"http_method": "BREW"}, "http_method"),
        ({"additional_headers": "no colon"}, "additional_headers"),
        ({"additional_headers": "Host: inside.example"}, "additional_headers"),
        ({"body_template": "{% if %}"}, "body_template"),
        ({"body_template": "{% include 'x' %}{% load static %}"}, "body_template"),
        ({"ca_file_path": "relative.pem"}, "ca_file_path"),
        ({"content_types": []}, "content_types"),
        ({"type_create": False}, "__all__"),
    ],
)
def test_what_could_not_be_sent_is_refused(webhook: Callable[..., Webhook], values: Any, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        webhook(**values)
    assert list(refusal.value.fields) == [field]
    assert not Webhook.objects.exists()


def test_same_action_on_the_same_type_and_address_is_refused(webhook: Callable[..., Webhook]) -> None:
    webhook("one")
    webhook("two", payload_url="https://example.org/{other}")
    webhook("three", type_create=False, type_delete=True)
    with pytest.raises(Invalid) as refusal:
        webhook("four")
    text = "A webhook already exists for create on auth | group to URL https://example.org/hook"
    assert refusal.value.fields == {"type_create": [text]}


def test_messages_that_wait_are_given_up_with_the_webhook(
    webhook: Callable[..., Webhook], admin: User, now: datetime
) -> None:
    made = webhook()
    waiting = WebhookDelivery.objects.create(
        webhook=made, webhook_name="groups", event_id=Event.objects.get().pk, created=now, next_attempt_at=now
    )
    delete_webhook(webhook=made, by=admin, now=now)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.webhook_id, waiting.webhook_name) == ("failed", None, "groups")

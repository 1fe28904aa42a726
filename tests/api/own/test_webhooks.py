"""Webhooks and their messages on our own addresses."""

from datetime import datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from foureyes.hooks.dispatch import dispatch
from foureyes.models import Job, JobHook, Webhook, WebhookDelivery

WEBHOOKS, MESSAGES = "/api/webhooks/", "/api/webhook-deliveries/"
NEW = {"name": "w", "content_types": ["auth.group"], "payload_url": "https://example.org/hook", "type_create": True}


@pytest.fixture
def message(api: APIClient) -> dict[str, Any]:
    """A message about a group that was made just now."""
    assert api.post(WEBHOOKS, NEW).status_code == 201
    assert api.post("/api/users/groups/", {"name": "netops"}).status_code == 201
    dispatch(now=datetime.now().astimezone())
    [row] = api.get(MESSAGES).json()["results"]
    return dict(row)


def test_webhook_can_be_switched_off_and_on(api: APIClient) -> None:
    made = api.post(WEBHOOKS, {**NEW, "enabled": False}).json()
    assert made["enabled"] is False
    assert api.patch(f"{WEBHOOKS}{made['id']}/", {"enabled": True}).json()["enabled"] is True
    assert api.delete(f"{WEBHOOKS}{made['id']}/").status_code == 204
    assert not Webhook.objects.exists()


def test_message_shows_what_was_sent_and_answered(api: APIClient, message: dict[str, Any], now: datetime) -> None:
    assert (message["state"], message["attempts"], message["webhook_name"]) == ("pending", 0, "w")
    assert '"name": "netops"' in message["body"]
    WebhookDelivery.objects.update(state="failed", finished_at=now, status_code=500, answer="ouch", error="e")
    shown = api.get(f"{MESSAGES}{message['id']}/").json()
    assert (shown["status_code"], shown["answer"], shown["error"], shown["next_attempt_at"]) == (500, "ouch", "e", None)


def test_failed_messages_are_found_and_sent_again(api: APIClient, message: dict[str, Any], now: datetime) -> None:
    WebhookDelivery.objects.update(state="failed", finished_at=now)
    assert len(api.get(f"{MESSAGES}?state=failed&webhook={message['webhook']}").json()["results"]) == 1
    assert api.post(f"{MESSAGES}{message['id']}/send-again/").json()["state"] == "pending"
    WebhookDelivery.objects.update(state="delivered", finished_at=now)
    answer = api.post(f"{MESSAGES}{message['id']}/send-again/")
    assert (answer.status_code, answer.json()["code"]) == (409, "delivery_done")


def test_doctor_tells_of_a_missing_notifier(api: APIClient, make_job: Any, now: datetime) -> None:
    job: Job = make_job("Watch", is_job_hook_receiver=True)
    JobHook.objects.create(
        name="h", slug="h", job=job, type_create=True, watches_since=now, created=now.date(), last_updated=now
    )
    found = {row["code"]: row["text"] for row in api.get("/api/doctor/").json()["findings"]}
    assert found["no_notifier"].startswith("No notifier is alive")

"""Puts a message for an address into the rows that wait for delivery."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder

from foureyes.errors import Invalid
from foureyes.models import Webhook, WebhookDelivery
from foureyes.notifications.lifecycle import State
from foureyes.notifications.templates import rendered


def put(*, webhook: Webhook, event_id: UUID, message: Mapping[str, Any], now: datetime) -> WebhookDelivery:
    """Store what is to be sent, in the transaction of the caller. A body that its template cannot make has failed."""
    row = WebhookDelivery(
        webhook=webhook, webhook_name=webhook.name, event_id=event_id, created=now, next_attempt_at=now
    )
    try:
        plain = json.dumps(dict(message), cls=DjangoJSONEncoder, ensure_ascii=False)
        row.body = rendered(webhook.body_template, json.loads(plain)) if webhook.body_template else plain
    except Invalid as refusal:
        row.state, row.finished_at, row.error = State.FAILED, now, refusal.message
    row.save(force_insert=True)
    return row

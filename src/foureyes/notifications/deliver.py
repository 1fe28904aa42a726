"""The life of a delivery: taken by one process at a time, tried, and tried again after growing delays.

A process that dies while it sends leaves the message to the next one, when the lease is over: no message is lost, and
one whose answer nobody saw is sent again under the same id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from foureyes.errors import Conflict, Refusal
from foureyes.models import Webhook, WebhookDelivery
from foureyes.notifications.lifecycle import Happening, State, move
from foureyes.notifications.secrets import headers_of, secret_of
from foureyes.notifications.send import Answer, Message
from foureyes.notifications.signing import message_headers

# Seconds before the second, third, ... attempt; after the last one a message is given up. A day and a half in all.
DELAYS = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 57_600)
LEASE_SECONDS = 120.0
AT_A_TIME_PER_WEBHOOK = 2
LOOK_AHEAD = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message in the hands of this process, and which attempt it is."""

    delivery_id: UUID
    webhook_id: UUID
    attempt: int
    message: Message


def take_due(*, limit: int, in_hand: Mapping[UUID, int], now: datetime) -> list[Taken]:
    """Messages that are due, each for one process only, with a lease; of one webhook two at a time.

    `in_hand` says how many of each webhook this process sends at this moment: one that does not answer must not keep
    the others waiting. What can never be sent is given up here.
    """
    taken: list[Taken] = []
    count = dict(in_hand)
    due = WebhookDelivery.objects.filter(state=State.PENDING, next_attempt_at__lte=now).order_by(
        "next_attempt_at", "pk"
    )
    for key, webhook_id in due.values_list("pk", "webhook_id")[:LOOK_AHEAD]:
        if len(taken) >= limit:
            break
        if webhook_id is None or count.get(webhook_id, 0) >= AT_A_TIME_PER_WEBHOOK:
            continue
        if one := _take(key, now):
            count[webhook_id] = count.get(webhook_id, 0) + 1
            taken.append(one)
    return taken


def record(*, taken: Taken, answer: Answer, now: datetime) -> WebhookDelivery | None:
    """Store what came of an attempt: delivered, to be tried again later, or given up.

    None if somebody else has the message by now, because the lease was over.
    """
    delay = None if answer.hopeless else delay_after(taken.attempt)
    columns: dict[str, object] = {
        "status_code": answer.status,
        "answer": answer.text,
        "error": answer.error or ("" if answer.is_good else f"The receiver answered {answer.status}."),
    }
    happening = Happening.RETRY if delay else Happening.GIVE_UP
    if answer.is_good:
        happening = Happening.DELIVER
    if delay and not answer.is_good:
        columns["next_attempt_at"] = now + delay
    else:
        columns["finished_at"] = now
    if not move(delivery_id=taken.delivery_id, attempt=taken.attempt, happening=happening, **columns):
        return None
    return WebhookDelivery.objects.get(pk=taken.delivery_id)


def delay_after(attempt: int) -> timedelta | None:
    """How long to wait after that many attempts; None: it is given up."""
    return timedelta(seconds=DELAYS[attempt - 1]) if attempt <= len(DELAYS) else None


def send_again(*, delivery: WebhookDelivery, now: datetime) -> WebhookDelivery:
    """Try a message at once that has failed or waits for its next attempt; of one that failed the delays begin anew.

    Refuses one that was delivered, and one whose webhook or body is gone.
    """
    with transaction.atomic():
        row = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
        if row.state == State.DELIVERED:
            raise Conflict("This message was delivered.", code="delivery_done")
        if row.webhook_id is None or not row.body:
            raise Conflict(
                "There is nothing that could be sent: the webhook or the body is gone.", code="delivery_gone"
            )
        columns: dict[str, object] = {"finished_at": None, "next_attempt_at": now}
        if row.state == State.FAILED:
            columns["attempts"] = 0
        move(delivery_id=row.pk, attempt=row.attempts, happening=Happening.REVIVE, **columns)
        row.refresh_from_db()
    return row


def forget_old(*, before: datetime, limit: int = 500) -> int:
    """Delete deliveries that ended before that instant, some at a time; gives how many."""
    old = WebhookDelivery.objects.filter(finished_at__lt=before).order_by("finished_at")
    keys = list(old.values_list("pk", flat=True)[:limit])
    WebhookDelivery.objects.filter(pk__in=keys).delete()
    return len(keys)


def _take(key: UUID, now: datetime) -> Taken | None:
    """Compare-and-set: of all who look, one has it."""
    due = WebhookDelivery.objects.filter(pk=key, state=State.PENDING, next_attempt_at__lte=now)
    until = now + timedelta(seconds=LEASE_SECONDS)
    if due.update(next_attempt_at=until, attempts=F("attempts") + 1) != 1:
        return None
    row = WebhookDelivery.objects.select_related("webhook").get(pk=key)
    if row.webhook is None:
        return None
    try:
        message = _message(row, row.webhook, now)
    except Refusal as refusal:  # the signing key has changed: the secret cannot be read any more
        columns = {"finished_at": now, "error": refusal.message}
        move(delivery_id=key, attempt=row.attempts, happening=Happening.GIVE_UP, **columns)
        return None
    return Taken(delivery_id=row.pk, webhook_id=row.webhook.pk, attempt=row.attempts, message=message)


def _message(row: WebhookDelivery, webhook: Webhook, now: datetime) -> Message:
    body = row.body.encode()
    signed = message_headers(message_id=row.pk, body=body, secret=secret_of(webhook), now=now)
    verify: bool | str = webhook.ssl_verification
    return Message(
        url=webhook.payload_url,
        method=webhook.http_method,
        headers={"Content-Type": webhook.http_content_type, **headers_of(webhook), **signed},
        body=body,
        verify=webhook.ca_file_path or True if verify else False,
    )

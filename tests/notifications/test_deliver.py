"""A message is taken by one process, tried again after growing delays, and never lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from foureyes.errors import Conflict
from foureyes.models import Webhook, WebhookDelivery
from foureyes.notifications import deliver
from foureyes.notifications.deliver import (
    DELAYS,
    LEASE_SECONDS,
    forget_old,
    record,
    send_again,
    take_due,
)
from foureyes.notifications.send import Answer

GOOD = Answer(status=204, text="ok")
BAD = Answer(status=500, text="ouch")


def take(now: datetime, limit: int = 10, **in_hand: Any) -> list[deliver.Taken]:
    return take_due(limit=limit, in_hand=in_hand.get("in_hand", {}), now=now)


def test_message_is_taken_with_everything_that_is_sent(
    make_webhook: Callable[..., Webhook], waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    webhook = make_webhook(secret="hunter2", headers="X-Key: abc", http_method="PUT", ssl_verification=False)
    row = waiting(webhook, event="created")
    [taken] = take(now)
    sent = taken.message
    assert (sent.url, sent.method, sent.body, sent.verify) == (
        webhook.payload_url,
        "PUT",
        b'{"event": "created"}',
        False,
    )
    assert (sent.headers["X-Key"], sent.headers["webhook-id"]) == ("abc", str(row.pk))
    assert {"webhook-signature", "X-Hook-Signature", "Content-Type"} <= set(sent.headers)


def test_what_one_has_taken_nobody_else_takes_before_the_lease_is_over(
    waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    waiting()
    assert len(take(now)) == 1
    assert take(now + timedelta(seconds=LEASE_SECONDS - 1)) == []
    [again] = take(now + timedelta(seconds=LEASE_SECONDS))
    assert again.attempt == 2


def test_answer_ends_the_message(waiting: Callable[..., WebhookDelivery], now: datetime) -> None:
    waiting()
    [taken] = take(now)
    row = record(taken=taken, answer=GOOD, now=now)
    assert row is not None
    assert (row.state, row.status_code, row.answer, row.error, row.finished_at) == ("delivered", 204, "ok", "", now)
    assert take(now + timedelta(days=9)) == []


def test_failures_are_tried_again_after_growing_delays_and_given_up_in_the_end(
    waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    waiting()
    for delay in DELAYS:
        [taken] = take(now)
        row = record(taken=taken, answer=BAD, now=now)
        assert row is not None
        assert (row.state, row.error) == ("pending", "The receiver answered 500.")
        assert take(now + timedelta(seconds=delay - 1)) == []
        now += timedelta(seconds=delay)
    [taken] = take(now)
    row = record(taken=taken, answer=BAD, now=now)
    assert row is not None
    assert (row.state, row.attempts, row.finished_at) == ("failed", len(DELAYS) + 1, now)
    assert list(DELAYS) == sorted(DELAYS)


def test_what_is_hopeless_is_given_up_at_once(waiting: Callable[..., WebhookDelivery], now: datetime) -> None:
    waiting()
    [taken] = take(now)
    row = record(taken=taken, answer=Answer(error="inside", hopeless=True), now=now)
    assert row is not None
    assert (row.state, row.error) == ("failed", "inside")


def test_answer_that_comes_after_the_lease_changes_nothing(
    waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    waiting()
    [slow] = take(now)
    [quick] = take(now + timedelta(seconds=LEASE_SECONDS))
    assert record(taken=slow, answer=BAD, now=now) is None
    assert record(taken=quick, answer=GOOD, now=now) is not None


def test_one_receiver_that_does_not_answer_keeps_no_other_waiting(
    make_webhook: Callable[..., Webhook], waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    slow, quick = make_webhook("slow"), make_webhook("quick")
    for _ in range(5):
        waiting(slow)
    waiting(quick)
    taken = take(now)
    assert [one.webhook_id for one in taken] == [slow.pk, slow.pk, quick.pk]
    assert take(now, in_hand={slow.pk: 2, quick.pk: 1}) == []
    assert len(take(now, in_hand={slow.pk: 1, quick.pk: 2})) == 1


def test_secret_that_cannot_be_read_ends_the_message(
    make_webhook: Callable[..., Webhook], waiting: Callable[..., WebhookDelivery], now: datetime
) -> None:
    webhook = make_webhook(secret="hunter2")
    row = waiting(webhook)
    Webhook.objects.update(sealed=b"of another key")
    assert take(now) == []
    row.refresh_from_db()
    assert row.state == "failed"
    assert "signing key" in row.error


def test_failed_message_can_be_sent_again(waiting: Callable[..., WebhookDelivery], now: datetime) -> None:
    row = waiting()
    [taken] = take(now)
    record(taken=taken, answer=Answer(error="inside", hopeless=True), now=now)
    send_again(delivery=row, now=now)
    [taken] = take(now)
    record(taken=taken, answer=GOOD, now=now)
    with pytest.raises(Conflict, match="was delivered"):
        send_again(delivery=row, now=now)


def test_what_ended_long_ago_is_forgotten(waiting: Callable[..., WebhookDelivery], now: datetime) -> None:
    row, other = waiting(), waiting(WebhookDelivery.objects.first().webhook)  # type: ignore[union-attr]
    WebhookDelivery.objects.filter(pk=row.pk).update(state="failed", finished_at=now)
    assert forget_old(before=now + timedelta(seconds=1)) == 1
    assert list(WebhookDelivery.objects.all()) == [other]

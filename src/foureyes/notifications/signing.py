"""The headers by which a receiver knows a message: its id and time, and signatures made with the webhook's secret."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook as StandardWebhook


def message_headers(*, message_id: UUID, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """`webhook-id` and `webhook-timestamp`; with a secret `webhook-signature` (Standard Webhooks) and the 1.x header.

    The id is the same in every attempt, so that a receiver can tell a repetition.
    """
    headers = {"webhook-id": str(message_id), "webhook-timestamp": str(int(now.timestamp()))}
    if secret:
        text = body.decode()
        headers["webhook-signature"] = _signer(secret).sign(str(message_id), now, text)
        headers["X-Hook-Signature"] = hmac.new(secret.encode(), body, hashlib.sha512).hexdigest()
    return headers


def _signer(secret: str) -> StandardWebhook:
    """A secret that is written `whsec_...` is base64, as the standard says; every other one is taken as it is."""
    if secret.startswith("whsec_"):
        try:
            return StandardWebhook(secret)
        except ValueError:
            pass
    return StandardWebhook(secret.encode())

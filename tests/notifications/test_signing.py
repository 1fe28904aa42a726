"""A receiver can check who sent a message, and when."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from foureyes.notifications.signing import message_headers

BODY = '{"name": "Grüße"}'.encode()
BASE64 = "whsec_" + base64.b64encode(b"0123456789abcdef").decode()


@pytest.mark.parametrize(("secret", "key"), [("hunter2", b"hunter2"), (BASE64, BASE64)])
def test_signature_is_that_of_the_standard(secret: str, key: bytes | str) -> None:
    message_id, now = uuid4(), datetime.now(UTC)
    headers = message_headers(message_id=message_id, body=BODY, secret=secret, now=now)
    Webhook(key).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(key).verify(BODY + b" ", headers)
    assert headers["webhook-id"] == str(message_id)


def test_old_header_is_the_hash_of_the_body() -> None:
    headers = message_headers(message_id=uuid4(), body=BODY, secret="hunter2", now=datetime.now(UTC))
    assert headers["X-Hook-Signature"] == hmac.new(b"hunter2", BODY, hashlib.sha512).hexdigest()


def test_without_a_secret_nothing_is_signed() -> None:
    headers = message_headers(message_id=uuid4(), body=BODY, secret="", now=datetime.now(UTC))
    assert set(headers) == {"webhook-id", "webhook-timestamp"}

"""Keeps what is secret of a webhook: encrypted beside the row, masked in it, and told to nobody but the receiver."""

import re

from foureyes.errors import Invalid, Unavailable
from foureyes.models import Webhook
from foureyes.runs.masking import MASK
from foureyes.runs.sealing import seal, unseal

HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)")
# Headers that say how a request is sent; the delivery writes them itself.
OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-type", "user-agent"})
PUBLIC_HEADERS = frozenset({"accept", "accept-language", "cache-control", "prefer", "x-source", "x-environment"})


def secret_of(webhook: Webhook) -> str:
    """The secret in clear, for signing; empty if there is none."""
    return str(_opened(webhook).get("secret", ""))


def headers_of(webhook: Webhook) -> dict[str, str]:
    """The additional headers in clear, for sending."""
    return dict(_pairs(str(_opened(webhook).get("headers", ""))))


def keep(webhook: Webhook, *, secret: str | None, headers: str | None) -> None:
    """Put secret and headers into the row; None, and a mask that was sent back, leave what is there.

    Of headers only the names stay readable, but for a few that are never secret. Refuses headers that cannot be sent.
    """
    before = _opened(webhook) if _needs_stored(secret) or _needs_stored(headers) else {}
    if secret is None or secret == MASK:
        secret = str(before.get("secret", ""))
    stored = str(before.get("headers", ""))
    text = stored if headers is None else _with_known(headers, dict(_pairs(stored)))
    pairs = _pairs(text)
    webhook.secret = MASK if secret else ""
    webhook.additional_headers = "\n".join(f"{name}: {_shown(name, value)}" for name, value in pairs)
    webhook.sealed = seal({"secret": secret, "headers": text}) if secret or pairs else None


def _needs_stored(given: str | None) -> bool:
    return given is None or MASK in given


def _opened(webhook: Webhook) -> dict[str, object]:
    if not webhook.sealed:
        return {}
    try:
        return unseal(bytes(webhook.sealed))
    except Unavailable:
        raise Unavailable(
            "The secret and the headers of this webhook cannot be read: the signing key has changed since. Set both"
            " anew.",
            code="webhook_unreadable",
        ) from None


def _shown(name: str, value: str) -> str:
    return value if name.lower() in PUBLIC_HEADERS else MASK


def _with_known(text: str, known: dict[str, str]) -> str:
    """The headers as sent, with the values behind the masks."""
    pairs = _pairs(text)
    return "\n".join(f"{name}: {known.get(name, value) if value == MASK else value}" for name, value in pairs)


def _pairs(text: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [HEADER.fullmatch(line) for line in lines]
    wrong = [line for line, match in zip(lines, found, strict=True) if match is None]
    pairs = [(match[1], match[2].strip()) for match in found if match]
    own = [name for name, _ in pairs if name.lower() in OWN_HEADERS]
    if wrong or own:
        sentence = "Write one “Name: value” on each line." if wrong else f"{own[0]} is set by the delivery itself."
        raise Invalid(code="webhook_headers", fields={"additional_headers": [sentence]})
    return pairs

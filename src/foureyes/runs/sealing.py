"""Encrypts inputs that must not lie readable in the database. The key is derived from the signing key."""

import base64
import functools
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from foureyes.conf import get_conf, signing_key
from foureyes.errors import Unavailable


def seal(values: Mapping[str, Any]) -> bytes:
    """The inputs as bytes that only an installation with the same signing key can read."""
    return _fernet(signing_key(get_conf())).encrypt(json.dumps(dict(values)).encode())


def unseal(sealed: bytes) -> dict[str, Any]:
    """The inputs again. Refuses as unavailable when the signing key is another one."""
    try:
        plain = _fernet(signing_key(get_conf())).decrypt(sealed)
    except InvalidToken:
        raise Unavailable(
            "The inputs of this run cannot be read: the signing key has changed since it was asked for.",
            code="inputs_unreadable",
        ) from None
    values: dict[str, Any] = json.loads(plain)
    return values


@functools.lru_cache(maxsize=4)
def _fernet(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"foureyes sealed inputs").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))

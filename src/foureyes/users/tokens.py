"""API tokens: making them, and finding the one that a request brings. Only the digest of a key is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from foureyes.errors import Invalid, NotAllowed
from foureyes.users.models import Token, User

KEY_LENGTH = 40
DESCRIPTION_LENGTH = 200
HINT_LENGTH = 6
USE_NOTED_EVERY = timedelta(minutes=5)  # a write per request would wait for other writers on SQLite


class IssuedToken(NamedTuple):
    """A new token with its key, which cannot be had again."""

    token: Token
    key: str


def digest_of(key: str) -> str:
    """What is stored of a key. Keys are long and random, so a plain hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def issue_token(
    *,
    user: User,
    description: str = "",
    expires: datetime | None = None,
    write_enabled: bool = True,
    may_decide: bool = True,
    key: str | None = None,
    now: datetime,
) -> IssuedToken:
    """Store a token for the user. A given key must have 40 characters and be new; otherwise one is made."""
    if len(description) > DESCRIPTION_LENGTH:
        sentence = f"Ensure this field has no more than {DESCRIPTION_LENGTH} characters."
        raise Invalid(code="token_description_long", fields={"description": [sentence]})
    key = secrets.token_hex(KEY_LENGTH // 2) if key is None else checked_key(key)
    token = Token.objects.create(
        user=user,
        digest=digest_of(key),
        hint=key[-HINT_LENGTH:],
        description=description,
        expires=expires,
        write_enabled=write_enabled,
        may_decide=may_decide,
        created=now,
    )
    return IssuedToken(token, key)


def checked_key(key: str) -> str:
    """The key, if it may become one: printable ASCII of the right length that no token has yet."""
    if len(key) < KEY_LENGTH:
        raise _invalid_key(f"Ensure this field has at least {KEY_LENGTH} characters.")
    if len(key) > KEY_LENGTH:
        raise _invalid_key(f"Ensure this field has no more than {KEY_LENGTH} characters.")
    if not all("!" <= character <= "~" for character in key):
        raise _invalid_key("Keys consist of printable ASCII characters without spaces: they are sent in a header.")
    if Token.objects.filter(digest=digest_of(key)).exists():
        raise _invalid_key("token with this key already exists.")
    return key


def find_token(key: str, *, now: datetime) -> Token:
    """The token with that key and its user; refuses unknown and expired ones and inactive people. Notes the use."""
    token = Token.objects.select_related("user").filter(digest=digest_of(key)).first()
    if token is None:
        raise NotAllowed("Invalid token", code="token_invalid")
    if token.expires is not None and token.expires <= now:
        raise NotAllowed("Token expired", code="token_expired")
    if not token.user.is_active:
        raise NotAllowed("User inactive", code="user_inactive")
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        _note_use(token, now)
    return token


def _note_use(token: Token, now: datetime) -> None:
    before = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now)
    Token.objects.filter(before, pk=token.pk).update(last_used_at=now)
    token.last_used_at = now


def _invalid_key(sentence: str) -> Invalid:
    return Invalid(code="token_key_invalid", fields={"key": [sentence]})

"""Making, changing and deleting API tokens, with their facts. The key appears in no fact."""

from datetime import datetime
from typing import Any, TypedDict

from django.db import transaction

from foureyes import events
from foureyes.errors import NotAllowed
from foureyes.people.rows import assign, check, locked, unique
from foureyes.users.models import Token, User
from foureyes.users.tokens import HINT_LENGTH, IssuedToken, checked_key, digest_of, issue_token

TAKEN = "token with this key already exists."


class TokenChanges(TypedDict, total=False):
    """What can be changed of a token; what is not named stays."""

    description: str
    expires: datetime | None
    write_enabled: bool
    may_decide: bool
    key: str


def create_token(
    *,
    user: User,
    description: str = "",
    expires: datetime | None = None,
    write_enabled: bool = True,
    may_decide: bool = True,
    key: str | None = None,
    by: User | None,
    using: Token | None = None,
    now: datetime,
) -> IssuedToken:
    """Make a token for the user and return its key, this once. `using`: the token that asks for it, if one does."""
    _demand_no_more(using, may_decide=may_decide)
    with unique("key", TAKEN), transaction.atomic():
        issued = issue_token(
            user=user,
            description=description,
            expires=expires,
            write_enabled=write_enabled,
            may_decide=may_decide,
            key=key,
            now=now,
        )
        data = {**_content(issued.token), "issued_with": using.hint if using else None}
        events.append(kind=events.Kind.TOKEN_ISSUED, at=now, actor=by, subject=issued.token, data=data)
    return issued


def edit_token(
    *, token: Token, changes: TokenChanges, by: User | None, using: Token | None = None, now: datetime
) -> Token:
    """Change a token; a new key replaces the old one at once."""
    _demand_no_more(using, may_decide=changes.get("may_decide", token.may_decide))
    with unique("key", TAKEN), transaction.atomic():
        row = locked(token)
        values: dict[str, Any] = dict(changes)
        if "key" in values:
            key = checked_key(values.pop("key"))
            values |= {"digest": digest_of(key), "hint": key[-HINT_LENGTH:]}
        changed = assign(row, values)
        changed.pop("digest", None)
        check(row)
        row.save(update_fields=list(values))
        if changed:
            data = {"changed": changed}
            events.append(kind=events.Kind.TOKEN_EDITED, at=now, actor=by, subject=row, data=data)
    return row


def delete_token(*, token: Token, by: User | None, now: datetime) -> None:
    """Delete a token; it stops working at once."""
    with transaction.atomic():
        row = locked(token)
        events.append(kind=events.Kind.TOKEN_DELETED, at=now, actor=by, subject=row, data=_content(row))
        row.delete()


def _demand_no_more(using: Token | None, *, may_decide: bool) -> None:
    # Gate G21: a script that may not decide could otherwise make itself a token that may.
    if using is not None and may_decide and not using.may_decide:
        raise NotAllowed("A token that may not decide cannot make or change one that may.", code="token_may_not_decide")


def _content(token: Token) -> dict[str, Any]:
    return {
        "user": token.user.username,
        "description": token.description,
        "expires": token.expires,
        "write_enabled": token.write_enabled,
        "may_decide": token.may_decide,
    }

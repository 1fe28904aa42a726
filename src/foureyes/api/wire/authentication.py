"""Who sends this request, by the `Authorization` header. Every failure is a 403, as 1.x answers; too many are a 429."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, ErrorDetail, Throttled
from rest_framework.request import Request

from foureyes.errors import Refusal
from foureyes.users import attempts
from foureyes.users.addresses import address_of
from foureyes.users.models import Token, User
from foureyes.users.tokens import find_token


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <40 characters>`; the scheme word in any case. `request.auth` is the token's row."""

    address = ""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """The token's owner, if there is a token."""
        self.address = address_of(request)
        found: tuple[User, Token] | None = super().authenticate(request)
        return found

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        """The token's owner, or the sentence that 1.x has for what is wrong."""
        now = timezone.now()
        try:
            token = find_token(key, now=now)
        except Refusal as refusal:
            if refusal.code == "token_invalid":
                with throttling():
                    attempts.note_wrong_token(address=self.address, now=now)
            raise AuthenticationFailed(refusal.message) from None
        return token.user, token


class BasicAuthentication(authentication.BasicAuthentication):
    """User name and password, only on the view that hands out tokens. Never the first of a view: its 401 is not 1.x."""

    def authenticate_credentials(self, userid: Any, password: Any, request: Any = None) -> tuple[User, None]:
        """The account; the refusal does not say which of the two was wrong."""
        now = timezone.now()
        given = {"name": userid, "address": address_of(request), "now": now}
        with throttling():
            attempts.demand_password_attempt(**given)
        try:
            user, _ = super().authenticate_credentials(userid, password, request)
        except AuthenticationFailed:
            attempts.note_wrong_password(**given)
            raise
        attempts.note_sign_in(**given)
        return user, None


@contextmanager
def throttling() -> Iterator[None]:
    """Makes a 429 of too many attempts, with the time to wait in `Retry-After`."""
    try:
        yield
    except attempts.TooManyAttempts as refusal:
        answer = Throttled(wait=refusal.retry_after_seconds)
        answer.detail = ErrorDetail(refusal.message, Throttled.default_code)
        raise answer from None

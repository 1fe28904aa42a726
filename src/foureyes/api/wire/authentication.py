"""Who sends this request, by the `Authorization` header. Every failure is a 403, as 1.x answers."""

from typing import Any

from django.utils import timezone
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from foureyes.errors import Refusal
from foureyes.users.models import Token, User
from foureyes.users.tokens import find_token


class TokenAuthentication(authentication.TokenAuthentication):
    """`Authorization: Token <40 characters>`; the scheme word in any case. `request.auth` is the token's row."""

    def authenticate_credentials(self, key: str) -> tuple[User, Token]:
        """The token's owner, or the sentence that 1.x has for what is wrong."""
        try:
            token = find_token(key, now=timezone.now())
        except Refusal as refusal:
            raise AuthenticationFailed(refusal.message) from None
        return token.user, token


class BasicAuthentication(authentication.BasicAuthentication):
    """User name and password, only on the view that hands out tokens. Never the first of a view: its 401 is not 1.x."""

    def authenticate_credentials(self, userid: Any, password: Any, request: Any = None) -> tuple[User, None]:
        """The account; the refusal does not say which of the two was wrong."""
        user, _ = super().authenticate_credentials(userid, password, request)
        return user, None

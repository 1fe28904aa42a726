"""The caller's own tokens. Other people's do not exist here, not even for superusers."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.authentication import SessionAuthentication

from foureyes.api.users.filters import TokenFilters
from foureyes.api.users.people import Rows
from foureyes.api.users.shapes import TokenShape
from foureyes.api.wire.authentication import BasicAuthentication, TokenAuthentication
from foureyes.people.tokens import create_token, delete_token, edit_token
from foureyes.users.models import Token


class TokenView(Rows):
    """Tokens. A user name with a password is enough here, so that a script can fetch its first one."""

    authentication_classes = (SessionAuthentication, TokenAuthentication, BasicAuthentication)
    model = Token
    serializer_class = TokenShape
    filterset_class = TokenFilters

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.issued: dict[UUID, str] = {}  # keys made by this request

    def using(self) -> Token | None:
        """The token that the request came with, if one did."""
        return self.request.auth if isinstance(self.request.auth, Token) else None

    def rows(self) -> QuerySet[Token]:
        """The caller's, oldest first."""
        return Token.objects.filter(user=self.request.user.pk).select_related("user").order_by("created", "pk")

    def make(self, data: dict[str, Any]) -> Token:
        """A token for the caller, as able as the one it is asked for with."""
        using = self.using()
        able = {"may_decide": using.may_decide} if using else {}
        person = self.person
        token, key = create_token(user=person, **able | data, by=person, using=using, now=timezone.now())
        self.issued[token.pk] = key
        return token

    def change(self, row: Token, data: Any) -> Token:
        """What it may, until when, and its key."""
        return edit_token(token=row, changes=data, by=self.person, using=self.using(), now=timezone.now())

    def remove_one(self, row: Token) -> None:
        """Its key is not accepted any more."""
        delete_token(token=row, by=self.person, now=timezone.now())

"""Signing in with name and password, and who a session belongs to. What a person may do is not asked here."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.db.models import QuerySet
from django.http import HttpRequest

from foureyes.users.compiled import compiled
from foureyes.users.models import User
from foureyes.users.permissions import asking_permissions, with_permissions


class AccountBackend(BaseBackend):
    """Active accounts with a password. An account that becomes inactive loses its sessions at once."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """The account with that name and password, else None."""
        if username is None or password is None or "\x00" in username:
            return None
        user = User.objects.filter(username=username).first()
        if user is None:
            User().set_password(password)  # takes as long as for a name that exists, and so does not tell
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, while it is active, with its permissions: every page asks for them."""
        return with_permissions(compiled(_account, of=None, pk=user_id))


def _account(_: None, *, pk: UUID) -> QuerySet[User]:
    return asking_permissions(User.objects.filter(is_active=True), pk=pk)

"""Model-level permission of a request (403); rows that a person may not touch are hidden by the querysets (404)."""

from typing import Any

from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from foureyes.users.models import Token
from foureyes.users.permissions import may

ACTIONS = {
    "GET": "view",
    "HEAD": "view",
    "POST": "add",
    "PUT": "change",
    "PATCH": "change",
    "DELETE": "delete",
}


def action_of(view: Any, method: str) -> str:
    """The permission action that `method` needs on `view`: the view's own word, else the one of its method."""
    return getattr(view, "permission_action", None) or ACTIONS[method]


def may_write(request: Request) -> bool:
    """Whether the credentials allow changes: a token may be read-only."""
    return not isinstance(request.auth, Token) or request.auth.write_enabled


class SignedIn(BasePermission):
    """Any active account; a read-only token reads only."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request may go on."""
        if not request.user or not request.user.is_authenticated:
            return False
        return request.method in SAFE_METHODS or may_write(request)


class Anyone(BasePermission):
    """No account needed: the API's root and its documentation."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Always."""
        return True


class ModelPermission(SignedIn):
    """The account has the action on at least some rows of the view's model. `OPTIONS` needs no more than an account."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the request may go on; a method that the view lacks is left to become a 405."""
        if not super().has_permission(request, view):
            return False
        if request.method not in ACTIONS or not _serves(view, request.method):
            return True
        model: type[Model] = view.model
        return may(request.user, action_of(view, request.method), model)


def _serves(view: Any, method: str) -> bool:
    return hasattr(view, method.lower())

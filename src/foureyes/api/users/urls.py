"""Addresses below `/api/users/`."""

from django.urls import path

from foureyes.api.roots import LinkMap
from foureyes.api.users.people import GroupView, PermissionView, UserView
from foureyes.api.users.preferences import PreferencesView
from foureyes.api.users.tokens import TokenView
from foureyes.api.wire.routes import routes


class UsersRoot(LinkMap):
    """People and what they may do."""

    tells_version = False
    prefix = "users/"
    parts = ("config", "groups", "permissions", "tokens", "users")


urlpatterns = [
    path("", UsersRoot.as_view(), name="users-root"),
    path("config/", PreferencesView.as_view(), name="users-config"),
    *routes("users", UserView),
    *routes("groups", GroupView),
    *routes("permissions", PermissionView),
    *routes("tokens", TokenView),
]

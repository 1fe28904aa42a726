"""Addresses of administration."""

from django.urls import path

from foureyes.web.administer.groups import group, groups
from foureyes.web.administer.people import delete, new_user, user, users
from foureyes.web.administer.permissions import can, new_permission, permission, permissions
from foureyes.web.administer.settings import settings
from foureyes.web.administer.workers import switch, workers

urlpatterns = [
    path("admin/users/", users, name="users"),
    path("admin/users/new/", new_user, name="user-new"),
    path("admin/users/<uuid:pk>/", user, name="user"),
    path("admin/users/<uuid:pk>/delete/", delete, name="user-delete"),
    path("admin/groups/", groups, name="groups"),
    path("admin/groups/<int:pk>/", group, name="group"),
    path("admin/permissions/", permissions, name="permissions"),
    path("admin/permissions/new/", new_permission, name="permission-new"),
    path("admin/permissions/<uuid:pk>/", permission, name="permission"),
    path("admin/can/", can, name="can"),
    path("admin/workers/", workers, name="workers"),
    path("admin/workers/<uuid:pk>/switch/", switch, name="worker-switch"),
    path("admin/settings/", settings, name="settings"),
]

"""Addresses of the API."""

from typing import Any

from django.urls import include, path

from foureyes.api.roots import ApiRoot
from foureyes.api.status import StatusView

urlpatterns: list[Any] = [
    path("", ApiRoot.as_view(), name="api-root"),
    path("status/", StatusView.as_view(), name="status"),
    path("extras/", include("foureyes.api.extras.urls")),
    path("users/", include("foureyes.api.users.urls")),
]

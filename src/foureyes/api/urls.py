"""Addresses of the API."""

from typing import Any

from django.urls import include, path

from foureyes.api.docs import Docs, Redoc
from foureyes.api.roots import ApiRoot
from foureyes.api.schema import SchemaView, YamlView
from foureyes.api.status import StatusView

urlpatterns: list[Any] = [
    path("", ApiRoot.as_view(), name="api-root"),
    path("status/", StatusView.as_view(), name="status"),
    path("docs/", Docs.as_view(), name="docs"),
    path("redoc/", Redoc.as_view(), name="redoc"),
    path("swagger/", SchemaView.as_view(), name="swagger"),
    path("swagger.json", SchemaView.as_view(), name="swagger-json"),
    path("swagger.yaml", YamlView.as_view(), name="swagger-yaml"),
    path("extras/", include("foureyes.api.extras.urls")),
    path("users/", include("foureyes.api.users.urls")),
    path("", include("foureyes.api.own.urls")),
]

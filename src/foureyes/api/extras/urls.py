"""Addresses below `/api/extras/`."""

from typing import Any

from django.urls import path

from foureyes.api.roots import ExtrasRoot

urlpatterns: list[Any] = [
    path("", ExtrasRoot.as_view(), name="extras-root"),
]

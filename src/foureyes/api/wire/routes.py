"""Addresses of a model's view: its list and its rows, with the methods that the view has."""

from typing import Any

from django.urls import URLPattern, path

LIST = {
    "get": "list",
    "post": "create",
    "put": "bulk_update",
    "patch": "bulk_partial_update",
    "delete": "bulk_destroy",
}
ROW = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}


def routes(prefix: str, view: type[Any]) -> list[URLPattern]:
    """`<prefix>/` and `<prefix>/<id>/`."""
    return [
        path(f"{prefix}/", view.as_view(_served(view, LIST), detail=False), name=f"{prefix}-list"),
        path(f"{prefix}/<str:id>/", view.as_view(_served(view, ROW), detail=True), name=f"{prefix}-detail"),
    ]


def _served(view: type[Any], methods: dict[str, str]) -> dict[str, str]:
    return {method: action for method, action in methods.items() if hasattr(view, action)}

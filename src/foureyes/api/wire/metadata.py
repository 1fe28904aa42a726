"""What OPTIONS tells: the fields that this person could send, per method."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request, clone_request
from rest_framework.serializers import Field


class WireMetadata(SimpleMetadata):
    """As REST framework's, but bulk routes have fields too, and choices are spelled value and display."""

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        """Fields by method, for the methods that the person may use here."""
        actions: dict[str, Any] = {}
        for method in {"PUT", "POST"} & set(view.allowed_methods):
            view.request = clone_request(request, method)
            try:
                view.check_permissions(view.request)
                if method == "PUT" and (view.lookup_url_kwarg or view.lookup_field) in view.kwargs:
                    view.get_object()
            except (exceptions.APIException, Http404):
                continue
            finally:
                view.request = request
            actions[method] = self.get_serializer_info(view.get_serializer())
        return actions

    def get_field_info(self, field: Field) -> dict[str, Any]:
        """One field."""
        info: dict[str, Any] = super().get_field_info(field)
        for entry in info.get("choices", []):
            entry["display"] = entry.pop("display_name")
        return info

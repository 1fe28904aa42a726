"""The OpenAPI description of the API: how it is made from the views, and how it is served."""

import functools
from collections.abc import Sequence
from typing import Any

from drf_spectacular import authentication
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foureyes.api.wire.permissions import Anyone
from foureyes.api.wire.views import Versioned

# 1.x paths answer with objects, lists and bare sentences; the body of a refusal has no one shape.
REFUSED = {
    "description": "Refused: the body says why, and what to do.",
    "content": {"application/json": {"schema": {}}},
}


class BasicScheme(authentication.BasicScheme):
    """Tells that some views take name and password."""

    target_class = "foureyes.api.wire.authentication.BasicAuthentication"


class Schema(AutoSchema):
    """Names operations as 1.x does: bulk ones have names of their own, so that they do not clash with single rows."""

    def get_operation_id(self) -> str:
        """`extras_jobs_bulk_update`, `extras_jobs_list`, ..."""
        action = getattr(self.view, "action", "") or ""
        if not action.startswith("bulk_"):
            return str(super().get_operation_id())
        stem = "_".join(self._tokenize_path()).replace("-", "_")
        return f"{stem}_{action}"

    def get_operation(self, *args: Any) -> Any:
        """Every operation can be refused."""
        operation = super().get_operation(*args)
        if operation:
            operation["responses"].setdefault("4XX", REFUSED)
        return operation

    def get_request_serializer(self) -> Any:
        """Bulk operations take a list."""
        return self._of_many(super().get_request_serializer())

    def get_response_serializers(self) -> Any:
        """Bulk operations answer a bare list."""
        return self._of_many(super().get_response_serializers())

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """Keys that only some requests get are not promised."""
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and "required" in schema:
            sometimes = {*getattr(serializer, "includable", ()), *getattr(serializer, "sometimes", ())}
            schema["required"] = [name for name in schema["required"] if name not in sometimes]
        return schema

    def _get_paginator(self) -> Any:
        """Only lists have pages; logs and variables are bare lists."""
        return super()._get_paginator() if getattr(self.view, "action", "") == "list" else None

    def _of_many(self, serializer: Any) -> Any:
        action = getattr(self.view, "action", "") or ""
        if action.startswith("bulk_") and isinstance(serializer, Serializer):
            return type(serializer)(many=True, context=serializer.context)
        return serializer


class Generator(SchemaGenerator):
    """Takes the views as they are in every version: the few differences between versions are told in words."""

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        """A view to look at."""
        view = super().create_view(callback, method, request)
        view.versioning_class = None
        return view


@functools.cache
def description() -> dict[str, Any]:
    """The description, made once per process: it is the same for everybody."""
    made: dict[str, Any] = Generator().get_schema(request=None, public=True)
    return made


class VendorJSON(OpenApiJsonRenderer):
    """For whoever asks for nothing in particular, as in 1.x."""

    charset = None


class PlainJSON(VendorJSON):
    """For whoever asks for JSON."""

    media_type = "application/json"


class SchemaView(Versioned):
    """The description, for everybody."""

    permission_classes = (Anyone,)
    renderer_classes: Sequence[Any] = (VendorJSON, PlainJSON, OpenApiYamlRenderer, OpenApiYamlRenderer2)
    tells_version = False

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The description."""
        return Response(description())


class YamlView(SchemaView):
    """The same as YAML, unless JSON is asked for."""

    renderer_classes = (OpenApiYamlRenderer, OpenApiYamlRenderer2, VendorJSON, PlainJSON)

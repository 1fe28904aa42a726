"""Pages by cursor: `{next, previous, results}`. There is no way back and no count."""

from typing import Any

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from foureyes.conf import get_conf
from foureyes.models.cursors import cursor_of, rows_after


class CursorPagination(BasePagination):
    """Newest first by the view's `cursor_fields`, the last of which is unique."""

    following: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows after the cursor."""
        fields = tuple(f"-{field}" for field in view.cursor_fields)
        limit = page_limit(request)
        rows = list(rows_after(queryset, fields, request.query_params.get("cursor"))[: limit + 1])
        if len(rows) > limit:
            cursor = cursor_of(rows[limit - 1], fields)
            self.following = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """The page."""
        return Response(page(data, following=self.following))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page, described."""
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The parameters, described."""
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer"}},
        ]


def page(rows: list[Any], *, following: Any = None) -> dict[str, Any]:
    """The envelope of a list."""
    return {"next": following, "previous": None, "results": rows}


def page_limit(request: Request) -> int:
    """How many rows a page may have: `limit`, within what is allowed."""
    conf = get_conf()
    text = request.query_params.get("limit", "")
    asked = int(text) if text.isascii() and text.isdigit() else 0
    return min(asked or conf.page_size, conf.max_page_size or 1000)

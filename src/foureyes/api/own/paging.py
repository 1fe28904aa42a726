"""Pages by cursor: `{next, previous, results}`. A cursor names the last row that was seen, so a page costs the same
anywhere in the list, and rows that come or go in between shift nothing. There is no way back and no count.
"""

import base64
import json
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from foureyes.conf import get_conf


class CursorPagination(BasePagination):
    """Newest first by the view's `cursor_fields`, the last of which is unique."""

    following: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """The rows after the cursor."""
        fields: tuple[str, ...] = view.cursor_fields
        limit = page_limit(request)
        rows = list(_after(queryset, fields, request.query_params.get("cursor"))[: limit + 1])
        if len(rows) > limit:
            cursor = _cursor(rows[limit - 1], fields)
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


def _cursor(row: Model, fields: tuple[str, ...]) -> str:
    values = [str(getattr(row, field)) for field in fields]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _after(rows: QuerySet, fields: tuple[str, ...], cursor: str | None) -> QuerySet:
    if not cursor:
        return rows
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = dict(zip(fields, values, strict=True))
        return rows.filter(_below(place))
    except (ValueError, TypeError, DjangoValidationError):
        raise ValidationError({"cursor": ["This is no cursor of this list."]}) from None


def _below(place: dict[str, str]) -> Q:
    """Rows that come after `place` when all fields fall: an index range first, then the ties."""
    (first, value), *rest = place.items()
    if not rest:
        return Q(**{f"{first}__lt": value})
    ties = Q(**{first: value}) & _below(dict(rest))
    return Q(**{f"{first}__lte": value}) & (Q(**{f"{first}__lt": value}) | ties)

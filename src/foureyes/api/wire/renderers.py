"""How answers are written: JSON for programs, and a small page of our own for people with a browser."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

from django.template import loader
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.utils.encoders import JSONEncoder


class WireJSONRenderer(JSONRenderer):
    """JSON, compact unless `indent` is asked for in the Accept header. Its content type carries no parameters."""


class PageRenderer(BaseRenderer):
    """One answer as a page without scripts or inline styles, so that the strictest content policy holds."""

    media_type = "text/html"
    format = "html"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> str:
        """The page."""
        context = renderer_context or {}
        request, response, view = context["request"], context["response"], context["view"]
        return loader.render_to_string(
            "api/answer.html",
            {
                "title": view.get_view_name(),
                "description": view.get_view_description(),
                "method": request.method,
                "path": request.get_full_path(),
                "status": f"{response.status_code} {response.status_text}",
                "headers": sorted(response.items()),
                "methods": view.allowed_methods,
                "user": request.user,
                "trail": _trail(request.path),
                "body": "" if data is None else linked(data, root=request.build_absolute_uri("/api/")),
            },
        )


def linked(data: Any, *, root: str) -> SafeString:
    """The answer as indented JSON, escaped, with addresses of this API (what starts with `root`) made to links."""
    text = json.dumps(data, indent=2, ensure_ascii=False, cls=JSONEncoder)
    # Quotes end an address; as `&quot;` they could not be told from the `&amp;` of a query string.
    page = str(escape(text)).replace("&quot;", '"')
    return mark_safe(_address(root).sub(r'<a href="\1">\1</a>', page))  # noqa: S308 - escaped just before


@functools.lru_cache(maxsize=64)
def _address(root: str) -> re.Pattern[str]:
    return re.compile(rf'({re.escape(str(escape(root)))}(?:[^\s&<>"]|&amp;)*)')


def _trail(path: str) -> list[tuple[str, str]]:
    parts = [part for part in path.split("/") if part]
    return [(part, "/" + "/".join(parts[: number + 1]) + "/") for number, part in enumerate(parts)]

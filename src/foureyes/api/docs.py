"""Pages that show the API's description: Swagger UI, and Redoc. Their scripts come with the installation."""

from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from foureyes.api.wire.permissions import Anyone
from foureyes.api.wire.views import Versioned

SCHEMA = "/api/swagger.json"
# Swagger UI draws its icons from data addresses; Redoc writes style elements and searches in a worker of its own.
ICONS = {"img-src": ["data:"]}
REDOC = {**ICONS, "style-src": ["'unsafe-inline'"], "worker-src": ["blob:"]}


class Html(BaseRenderer):
    """Errors of these pages; the pages themselves are templates."""

    media_type = "text/html"
    format = "html"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> str:
        """The sentence."""
        return str(data.get("detail", "")) if isinstance(data, dict) else ""


class Page(Versioned):
    """Base of the pages: for everybody, whatever type is accepted."""

    permission_classes = (Anyone,)
    renderer_classes = (Html,)
    tells_version = False
    template = ""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Browsers get the page, and so does everybody else."""
        return Html(), Html.media_type

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """The page; asked for `format=openapi`, the way to the description itself."""
        if request.query_params.get("format") == "openapi":
            return HttpResponsePermanentRedirect(SCHEMA)
        return render(_plain(request), self.template, {"schema": SCHEMA})


@method_decorator(csp_update(ICONS), name="dispatch")
class Docs(Page):
    """Swagger UI."""

    template = "api/docs.html"


@method_decorator(csp_update(REDOC), name="dispatch")
class Redoc(Page):
    """Redoc."""

    template = "api/redoc.html"


def _plain(request: Request) -> HttpRequest:
    return request._request

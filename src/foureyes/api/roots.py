"""Maps of links: the API's root and those of its parts."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes.api.wire.links import links
from foureyes.api.wire.permissions import Anyone
from foureyes.api.wire.views import Versioned


class LinkMap(Versioned):
    """Names and addresses of what lies below `prefix`. Everybody may see that."""

    permission_classes = (Anyone,)
    prefix: ClassVar[str] = ""
    parts: ClassVar[tuple[str, ...]] = ()

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """The map."""
        root = links(request).root
        return Response({part: f"{root}{self.prefix}{part}/" for part in self.parts})


class ApiRoot(LinkMap):
    """The parts of the API."""

    parts = ("extras", "status", "users")


class ExtrasRoot(LinkMap):
    """Jobs and what belongs to them."""

    tells_version = False
    prefix = "extras/"
    parts = ("job-hooks", "job-logs", "job-results", "jobs", "object-changes", "scheduled-jobs", "webhooks")

"""Which version of the 1.x API a request asks for: `Accept: ...; version=1.3`, `?api_version=1.3`, or a default."""

from typing import Any

from rest_framework.exceptions import NotAcceptable, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.utils.mediatypes import _MediaType
from rest_framework.versioning import BaseVersioning

from foureyes.api.settings import DEFAULT_VERSION, VERSIONS
from foureyes.api.wire.clients import version_unless_named

_SUPPORTED = f"Supported versions are {', '.join(VERSIONS)}"


class WireVersioning(BaseVersioning):
    """Header and query parameter must agree; an unknown version is refused in the way of the place it stands in."""

    default_version = DEFAULT_VERSION
    allowed_versions = VERSIONS
    version_param = "api_version"

    def determine_version(self, request: Request, *args: Any, **kwargs: Any) -> str:
        """The version to answer in."""
        in_header = _MediaType(request.accepted_media_type or "").params.get("version")
        in_query = request.query_params.get(self.version_param)
        if in_header is not None and in_header not in VERSIONS:
            raise NotAcceptable(f'Invalid version in "Accept" header. {_SUPPORTED}')
        if in_query is not None and in_query not in VERSIONS:
            raise NotFound(f"Invalid version in query parameter. {_SUPPORTED}")
        if in_header and in_query and in_header != in_query:
            raise ValidationError(
                {"detail": f'Version mismatch: "Accept" header asks for {in_header}, query parameter for {in_query}'}
            )
        return in_header or in_query or version_unless_named(request)

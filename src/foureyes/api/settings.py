"""What REST framework and the OpenAPI generator are told. Django's settings import it: nothing of ours goes in."""

from typing import Any

from foureyes import __version__

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6")
DEFAULT_VERSION = "1.2"

REST_FRAMEWORK: dict[str, Any] = {
    "ALLOWED_VERSIONS": VERSIONS,
    "DEFAULT_VERSION": DEFAULT_VERSION,
    "DEFAULT_VERSIONING_CLASS": "foureyes.api.wire.versioning.WireVersioning",
    # The session comes first: its scheme has no challenge, so every failure to authenticate is a 403, as in 1.x.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "foureyes.api.wire.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["foureyes.api.wire.permissions.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": [
        "foureyes.api.wire.renderers.WireJSONRenderer",
        "foureyes.api.wire.renderers.PageRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["foureyes.api.wire.parsers.WireJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "foureyes.api.wire.pagination.WirePagination",
    "DEFAULT_METADATA_CLASS": "foureyes.api.wire.metadata.WireMetadata",
    "DEFAULT_FILTER_BACKENDS": ["foureyes.api.wire.filters.WireFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "foureyes.api.schema.Schema",
    "EXCEPTION_HANDLER": "foureyes.api.wire.errors.handle",
    "NON_FIELD_ERRORS_KEY": "non_field_errors",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Foureyes API",
    "DESCRIPTION": "Runs Python jobs, and nothing risky before a second person has approved exactly that.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "SCHEMA_PATH_PREFIX_TRIM": True,
    "SERVERS": [{"url": "/api"}],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RequestKindEnum": "foureyes.models.approval.ApprovalRequest.Kind",
        "RequestStateEnum": "foureyes.models.approval.ApprovalRequest.State",
        "RunStatusEnum": "foureyes.models.job_result.JobResult.Status",
    },
}

"""What runs here, in which versions, and how many workers listen."""

import functools
import platform
from importlib import metadata
from typing import Any

import django
from django.apps import apps
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from foureyes import __version__
from foureyes.api.wire.views import Versioned
from foureyes.conf import get_conf
from foureyes.models import Worker


class StatusView(Versioned):
    """The status of the installation, for every account."""

    @extend_schema(operation_id="status_retrieve", responses=OpenApiTypes.OBJECT, tags=["status"])
    def get(self, request: Request) -> Response:
        """1.x's keys, and `demo` and `foureyes-version` of ours."""
        workers = Worker.objects.taking_runs(timezone.now()).count()  # drained ones are of no use to clients
        return Response(
            {
                "django-version": django.get_version(),
                "installed-apps": _installed(),
                "nautobot-version": __version__,  # the key is what clients look for
                "plugins": {},
                "python-version": platform.python_version(),
                "rq-workers-running": 0,
                "celery-workers-running": workers,
                "foureyes-version": __version__,
                "demo": get_conf().demo,
            }
        )


@functools.cache
def _installed() -> dict[str, Any]:
    versions: dict[str, Any] = {}
    for config in apps.get_app_configs():
        package = config.name.partition(".")[0]
        try:
            versions[config.name] = metadata.version(package.replace("_", "-"))
        except metadata.PackageNotFoundError:
            versions[config.name] = None
    return versions

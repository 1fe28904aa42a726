"""The ASGI application that the web server loads: streams on the event loop, everything else in threads."""

import os
import re
from typing import Any

from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "foureyes.settings")

from foureyes.conf import get_conf
from foureyes.processes.bridge import ThreadBridge

# A reader of a live log stays for hours; it must not hold a thread.
STREAMS = re.compile(r"/api/runs/[^/]+/events/?")

_streaming = get_asgi_application()
_views: Any = get_wsgi_application()
_threaded = ThreadBridge(_views, workers=get_conf().web_threads)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One request to the handler that suits it."""
    streams = scope["type"] == "http" and STREAMS.fullmatch(scope["path"])
    await (_streaming if streams else _threaded)(scope, receive, send)

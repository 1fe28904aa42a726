"""The ASGI application that the web server loads: streams on the event loop, everything else in threads."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "foureyes.settings")

_views: Any = get_wsgi_application()

from foureyes.api.own.streams import is_stream, streams  # noqa: E402 - models need Django to be set up
from foureyes.api.wire.size import MeasuredBodies  # noqa: E402 - models need Django to be set up
from foureyes.conf import get_conf  # noqa: E402 - models need Django to be set up
from foureyes.processes.bridge import ThreadBridge  # noqa: E402 - models need Django to be set up
from foureyes.web.results.stream import is_page_stream, page_streams  # noqa: E402 - models need Django to be set up

_threaded = ThreadBridge(MeasuredBodies(_views), workers=get_conf().web_threads)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One request to the handler that suits it: a reader of a live log stays for hours and must not hold a thread."""
    if is_stream(scope):
        await streams(scope, receive, send)
    elif is_page_stream(scope):
        await page_streams(scope, receive, send)
    else:
        await _threaded(scope, receive, send)

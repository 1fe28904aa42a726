"""`GET /jobs/results/<id>/stream/`: the log and the standing of a run as pieces of its page, as server-sent events.

An application of its own below the web server, as the API's streams are: a reader costs a coroutine, not a thread.
The id of an event is the number of the last line, so a reader that comes back goes on behind it.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any
from uuid import UUID

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from foureyes.processes.headers import send_head
from foureyes.processes.streaming import send_pieces
from foureyes.runs.queries import log_lines
from foureyes.runs.watch import in_thread, watching
from foureyes.users.models import User
from foureyes.web.results.presenters import shown_lines
from foureyes.web.results.run import standing_content, step_lines, visible_run
from foureyes.web.shell.access import zone_of

PATH = re.compile(r"/jobs/results/(?P<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})/stream/")
PIECE = 500
COMMENT = b": still here\n\n"
COMMENT_SECONDS = 15.0
STOPPING_SECONDS = 1.0  # of a run that was asked to stop, the page counts seconds
LEAST_PAUSE_SECONDS = 0.25  # a batch is what came in this time, at most `PIECE` lines
HEAD = {"X-Accel-Buffering": "no"}


def is_page_stream(scope: dict[str, Any]) -> bool:
    """Whether a request is one for this application."""
    return bool(scope["type"] == "http" and scope["method"] == "GET" and PATH.fullmatch(scope["path"]))


async def page_streams(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application. Who is not signed in, or may not view the run, finds nothing."""
    request = ASGIRequest(scope, io.BytesIO())
    user = await in_thread(_admitted, request)
    if user is None:
        nothing = HttpResponse(b"There is nothing at this address.\n", content_type="text/plain", status=404)
        await send_head(nothing, send)
        await send({"type": "http.response.body", "body": nothing.content})
        return
    await send_head(HttpResponse(content_type="text/event-stream", headers=HEAD), send)
    await send_pieces(_events(request, user), receive, send)


def _admitted(request: ASGIRequest) -> User | None:
    # By hand what Django's middleware does for other views.
    SessionMiddleware(_nothing).process_request(request)
    AuthenticationMiddleware(_nothing).process_request(request)
    if not request.user.is_authenticated:
        return None
    try:
        visible_run(request.user, _run_id(request))
    except Http404:
        return None
    return request.user


def _nothing(request: Any) -> HttpResponse:
    return HttpResponse()


def _run_id(request: ASGIRequest) -> UUID:
    return UUID(request.path.split("/")[3])


def position(request: ASGIRequest) -> int:
    """The number of the last line that the reader has; what is no number counts as none."""
    for text in (request.headers.get("Last-Event-ID"), request.GET.get("after")):
        if text and text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return 0


async def _events(request: ASGIRequest, user: User) -> AsyncIterator[bytes]:
    run_id, last = _run_id(request), position(request)
    async with watching(run_id) as watch:
        version, admitted_at, counts = 0, monotonic(), False
        while True:
            news = await watch.news_after(version, seconds=STOPPING_SECONDS if counts else COMMENT_SECONDS)
            if monotonic() - admitted_at >= COMMENT_SECONDS:  # asked again of a log that never pauses, too
                again, admitted_at = await in_thread(_admitted, request), monotonic()
                if again is None:
                    return  # signed out, or the right is gone
                user = again
            if not news and not counts:
                yield COMMENT
                continue
            version, standing = watch.version, watch.standing
            if standing is None:
                return  # deleted
            counts = standing.is_cancelling
            more = True
            while more:
                piece, last, more = await in_thread(_news, run_id, user, last)
                yield piece
            if standing.has_ended:
                yield b"event: end\ndata: \n\n"
                return
            await asyncio.sleep(LEAST_PAUSE_SECONDS)


def _news(run_id: UUID, user: User, last: int) -> tuple[bytes, int, bool]:
    """A batch of lines behind line `last` with the standing of the run; the new last line; whether more are there."""
    try:
        run = visible_run(user, run_id)
    except Http404:
        return b"", last, False
    now = timezone.now()
    found = log_lines(run_id=run_id, after=last - 1, limit=PIECE)
    last = found[-1].sequence + 1 if found else last
    with timezone.override(zone_of(user)):
        context = {**standing_content(run, by=user, now=now), "now": now, "oob": True}
        context["lines"] = shown_lines(found, steps=step_lines(run))
        html = render_to_string("web/results/_event.html", context)
    return event(html, number=last), last, len(found) == PIECE


def event(html: str, *, number: int) -> bytes:
    """An unnamed event, which the page takes in as it is."""
    data = "".join(f"data: {line}\n" for line in html.split("\n"))
    return f"id: {number}\n{data}\n".encode()

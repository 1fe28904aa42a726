"""`GET /api/runs/<id>/events/`: what a run says and how it stands, live, as server-sent events.

An application of its own below the web server, beside Django's handler, which would keep a thread and a database
connection for every reader. Here a reader that waits costs a coroutine.
"""

import io
import json
import re
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any
from uuid import UUID

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from foureyes.api.own.run_shapes import change_shape, how_far, line_shape, run_shape, short_run
from foureyes.api.own.runs import OneRun
from foureyes.api.wire.links import Links
from foureyes.models import JobResult, RunChange
from foureyes.processes.headers import send_head
from foureyes.processes.streaming import send_pieces
from foureyes.runs.queries import log_lines, with_counts
from foureyes.runs.watch import Standing, in_thread, watching

PATH = re.compile(r"/api/runs/(?P<id>[^/]+)/events/?")
COMMENT = b": still here\n\n"
COMMENT_SECONDS = 15.0
PIECE = 500
MEDIA_TYPE = "text/event-stream"


class RunEvents(OneRun):
    """Admits a reader: checks who asks and what they may see, as everywhere, and answers the head of the stream."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Errors are JSON, whatever a reader of events accepts."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type

    @extend_schema(
        operation_id="runs_events_retrieve",
        parameters=[
            OpenApiParameter("after", int, description="Only lines after this sequence number."),
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER),
        ],
        responses={(200, MEDIA_TYPE): OpenApiTypes.STR},
        filters=False,
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Events `log`, `progress`, `status`, `change` and at last `end`; ids are sequence numbers of lines."""
        run = self.get_object()
        answer = HttpResponse(content_type=MEDIA_TYPE)
        answer["X-Accel-Buffering"] = "no"
        answer.run_id = run.pk  # type: ignore[attr-defined]  # for the stream that follows
        return answer


def is_stream(scope: dict[str, Any]) -> bool:
    """Whether a request is one for this application."""
    return bool(scope["type"] == "http" and scope["method"] == "GET" and PATH.fullmatch(scope["path"]))


async def streams(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The ASGI application."""
    request = ASGIRequest(scope, io.BytesIO())
    head = await in_thread(admit, request)
    await send_head(head, send)
    run_id = getattr(head, "run_id", None)
    if run_id is None:
        await send({"type": "http.response.body", "body": head.content})
        return
    to = Links(request)  # type: ignore[arg-type]  # only its address is asked for
    await send_pieces(events(run_id, to, after=position(request), readmit=request), receive, send)


def admit(request: ASGIRequest) -> HttpResponse:
    """The head of the stream, or the refusal. Does by hand what Django's middleware does for other views."""
    SessionMiddleware(HttpResponse).process_request(request)
    AuthenticationMiddleware(HttpResponse).process_request(request)
    found = PATH.fullmatch(request.path)
    view: Any = RunEvents.as_view({"get": "get"})
    answer: Any = view(request, id=found["id"] if found else "")
    if hasattr(answer, "render"):
        answer.render()
    return answer  # type: ignore[no-any-return]  # a response of either framework


def position(request: ASGIRequest) -> int:
    """The sequence number of the last line that the reader has; -1: none. What is no number counts as none."""
    for text in (request.headers.get("Last-Event-ID"), request.GET.get("after")):
        if text and text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return -1


async def events(run_id: UUID, to: Links, *, after: int, readmit: ASGIRequest | None = None) -> AsyncIterator[bytes]:
    """The events of a run until it has ended. Every so often without news comes a comment, if the reader still may."""
    reader = _Reader(run_id, to, after)
    async with watching(run_id) as watch:
        version, admitted_at = 0, monotonic()
        while True:
            news = await watch.news_after(version, seconds=COMMENT_SECONDS)
            if readmit is not None and monotonic() - admitted_at >= COMMENT_SECONDS:  # of a log that never pauses, too
                if (await in_thread(admit, readmit)).status_code != 200:
                    return
                admitted_at = monotonic()
            if news:
                version, standing = watch.version, watch.standing
                if standing is None:
                    return  # deleted
                async for piece in reader.news(standing):
                    yield piece
                if standing.has_ended:
                    return
            else:
                yield COMMENT


class _Reader:
    """What one reader has been told already, and the rest of it."""

    def __init__(self, run_id: UUID, to: Links, after: int) -> None:
        self.run_id = run_id
        self.to = to
        self.line = after
        self.change = -1
        self.progress: Any = None
        self.told: Standing | None = None

    async def news(self, standing: Standing) -> AsyncIterator[bytes]:
        """Everything since the last time, in the order in which it makes sense."""
        if self.told is None:
            yield await in_thread(self._status)
        while piece := await in_thread(self._rows):
            yield piece
        before, self.told = self.told, standing
        if standing.has_ended:
            yield await in_thread(self._end)
        elif before is not None and _state(before) != _state(standing):
            yield await in_thread(self._status)
        if not standing.has_ended and standing.progress != self.progress:
            self.progress = standing.progress
            if shape := how_far(*standing.progress):  # as it was before the lines were read: never ahead of the log
                yield event("progress", shape)

    def _run(self) -> Any:
        return with_counts(JobResult.objects.filter(pk=self.run_id)).get()

    def _status(self) -> bytes:
        return event("status", short_run(self._run(), self.to))

    def _end(self) -> bytes:
        return event("end", run_shape(self._run(), self.to))

    def _rows(self) -> bytes:
        # In one turn of the thread, since mostly there is nothing of the one or the other.
        return self._lines() or self._changes()

    def _lines(self) -> bytes:
        lines = log_lines(run_id=self.run_id, after=self.line, limit=PIECE)
        if lines:
            self.line = lines[-1].sequence
        return b"".join(event("log", line_shape(line), id=line.sequence) for line in lines)

    def _changes(self) -> bytes:
        rows = RunChange.objects.filter(job_result=self.run_id, sequence__gt=self.change).order_by("sequence")
        changes = list(rows[:PIECE])
        if changes:
            self.change = changes[-1].sequence
        return b"".join(event("change", change_shape(change)) for change in changes)


def event(name: str, document: Any, *, id: int | None = None) -> bytes:  # noqa: A002 - the protocol's word
    """One event. JSON has no line breaks of its own, so one line of data is enough."""
    number = "" if id is None else f"id: {id}\n"
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return f"{number}event: {name}\ndata: {text}\n\n".encode()


def _state(standing: Standing) -> tuple[Any, ...]:
    return standing.status, standing.attempt, standing.is_cancelling

"""Synchronous views below an ASGI server: bodies arrive, and a view whose reader is gone ends."""

import asyncio
import threading
from typing import Any

from foureyes.processes.bridge import ThreadBridge

SCOPE: dict[str, Any] = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "http_version": "1.1"}


def ask(app: Any, *, messages: list[dict[str, Any]], gone_after: int | None = None) -> list[dict[str, Any]]:
    """Send one request to the view; what it answered. Its reader goes away after so many messages."""

    async def talk() -> list[dict[str, Any]]:
        incoming, answered, gone = list(messages), [], asyncio.Event()

        def receive() -> asyncio.Future[dict[str, Any]]:  # as servers have it: no coroutine
            return asyncio.ensure_future(next_message())

        async def next_message() -> dict[str, Any]:
            if incoming:
                return incoming.pop(0)
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            answered.append(message)
            if len(answered) == gone_after:
                gone.set()
            await asyncio.sleep(0)

        await asyncio.wait_for(ThreadBridge(app, workers=1)(SCOPE, receive, send), timeout=60)
        return answered

    return asyncio.run(talk())


def test_a_view_reads_a_body_that_comes_in_parts() -> None:
    def echo(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [environ["wsgi.input"].read(), threading.current_thread().name.encode()]

    parts = [
        {"type": "http.request", "body": b"first ", "more_body": True},
        {"type": "http.request", "body": b"second", "more_body": False},
    ]
    start, body, thread, end = ask(echo, messages=parts)
    assert start["status"] == 200
    assert body["body"] == b"first second"
    assert thread["body"].startswith(b"WSGI")
    assert end == {"type": "http.response.body", "body": b""}


def test_a_stream_ends_when_its_reader_is_gone() -> None:
    closed_after = []

    def endless(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        count = 0
        try:
            while True:
                yield b"line\n"
                count += 1
        finally:
            closed_after.append(count)

    answered = ask(endless, messages=[{"type": "http.request", "body": b"", "more_body": False}], gone_after=50)
    assert closed_after
    assert len(answered) < 200

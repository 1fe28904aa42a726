"""Runs synchronous views in a fixed set of threads below an ASGI server.

Django's own ASGI handler gives every request a thread, and with it a database connection, of its own. Here threads and
connections stay, and there are never more than the settings say.
"""

import asyncio
from typing import Any

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder

# Short answers are out before anybody could miss them; only a stream asks whether its reader is still there.
STREAM_AFTER_MESSAGES = 4


class ReaderGoneError(ConnectionError):
    """Raised in the view's thread when nobody reads the answer any more, so that a long stream ends."""


class _Responder(WSGIResponder):
    """Ends the view when its reader is gone; the server itself would take and drop the rest of a stream."""

    gone = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def receiving() -> Any:  # the server's own function is none that another thread could schedule
            return await receive()

        self.receive = receiving
        await super().__call__(scope, receiving, send)

    async def sender(self, send: Any) -> None:
        sent, watch = 0, None
        try:
            while (message := await self.send_queue.get()) is not None:
                if not self.gone:  # else only make room for a view that is waiting to put something in
                    await send(message)
                sent += 1
                if sent == STREAM_AFTER_MESSAGES:
                    watch = asyncio.ensure_future(self._watch_reader())
        finally:
            if watch:
                watch.cancel()

    async def _watch_reader(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            continue  # what is left of the request's body: its view answers without it
        self.gone = True

    def send(self, message: Any) -> None:
        if self.gone:
            raise ReaderGoneError
        super().send(message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        try:
            super().wsgi(environ, start_response)
        except ReaderGoneError:
            return


class ThreadBridge(WSGIMiddleware):
    """An ASGI application that answers with a WSGI one in `workers` threads."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await _Responder(self.app, self.executor, self.send_queue_size)(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

"""Server-sent events below the web server: sends pieces as they come, and stops when the reader leaves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any


async def send_pieces(pieces: AsyncIterator[bytes], receive: Any, send: Any) -> None:
    """The body of an answer whose head has been sent. What is pending is dropped when the reader is gone."""
    sending, leaving = asyncio.create_task(_send(pieces, send)), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, leaving):
            task.cancel()
        await asyncio.gather(sending, leaving, return_exceptions=True)


async def _send(pieces: AsyncIterator[bytes], send: Any) -> None:
    async for piece in pieces:
        if piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue

"""Long answers in pieces: sent as they are made, with the event loop left to others in between."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from aiohttp import web

SLICE: Final = 0.005
"""Seconds of work after which everybody else has a turn."""

PATIENCE: Final = 60.0
"""Seconds for a whole answer: a client that does not read it holds a copy of the facts."""

QUEUED: Final = 64 * 1024
"""Bytes after which a piece is sent, so that a long answer is never in memory as a whole."""


async def send(request: web.Request, content_type: str, pieces: Iterator[bytes]) -> web.StreamResponse:
    """Answer with these pieces; an empty one only says that here is a good place to pause."""
    response = web.StreamResponse(headers={"Content-Type": content_type})
    # A client that went away while it was told is no error.
    with suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE):
            await response.prepare(request)
            if request.method != "HEAD":
                await _write(response, pieces)
            await response.write_eof()
    return response


async def _write(response: web.StreamResponse, pieces: Iterator[bytes]) -> None:
    now = asyncio.get_running_loop().time
    ready = bytearray()
    began = now()
    for piece in pieces:
        ready += piece
        if len(ready) < QUEUED and now() - began < SLICE:
            continue
        if ready:
            await response.write(bytes(ready))
            ready.clear()
        await asyncio.sleep(0)
        began = now()
    if ready:
        await response.write(bytes(ready))

"""Clients of every temper: each does its thing over and over, until it is told to stop."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

HOST: Final = b"Host: soak.example\r\n"
CLOSE: Final = b"Connection: close\r\n"
GET: Final = b"GET / HTTP/1.1\r\n" + HOST
POST: Final = b"POST / HTTP/1.1\r\n" + HOST
PATIENCE: Final = 20.0
"""Seconds for one answer, on a machine that has other things to do too."""
BETWEEN: Final = 0.01
"""Seconds between two bytes of who sends byte by byte."""


class Answers:
    """What comes from Headgate: each answer has the time for itself, however many there are."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def until(self, end: bytes) -> bytes:
        """Up to and including these bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readuntil(end)

    async def exactly(self, count: int) -> bytes:
        """So many bytes."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(count)

    async def all(self) -> bytes:
        """Up to the end of the connection."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read()


Streams = tuple[Answers, asyncio.StreamWriter]
Client = Callable[[Streams, Random], Awaitable[bytes]]


async def keeps(streams: Streams, dice: Random) -> bytes:
    """Many requests on one connection, some sent ahead."""
    reader, writer = streams
    for _ in range(20):
        writer.write((GET + b"\r\n") * 3)
        for _ in range(3):
            head = await reader.until(b"\r\n\r\n")
            await reader.exactly(int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]))
    return head


async def once(streams: Streams, dice: Random) -> bytes:
    """One request and its connection."""
    return await _ask(streams, GET + CLOSE + b"\r\n")


async def uploads(streams: Streams, dice: Random) -> bytes:
    """A body with a length."""
    size = int(dice.random() ** 3 * 300_000)
    return await _ask(streams, POST + CLOSE + b"Content-Length: %d\r\n\r\n%b" % (size, b"x" * size))


async def pours(streams: Streams, dice: Random) -> bytes:
    """Bodies that are moved within the kernel: one there, one back, and sometimes it has enough."""
    reader, writer = streams
    size = int(dice.random() * 4_000_000)
    writer.write(POST.replace(b"POST / ", b"POST /huge ") + b"Content-Length: %d\r\n\r\n" % size)
    writer.write(b"x" * size)
    head = await reader.until(b"\r\n\r\n")
    length = int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0])
    await reader.exactly(length if dice.random() < 0.8 else length // 2)
    return head


async def chunks(streams: Streams, dice: Random) -> bytes:
    """A body in chunks."""
    body = b"5;x=y\r\nhello\r\n" * 50 + b"0\r\n\r\n"
    return await _ask(streams, POST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n" + body)


async def downloads(streams: Streams, dice: Random) -> bytes:
    """A large answer, compressed."""
    head = GET.replace(b"GET / ", b"GET /large ") + b"Accept-Encoding: gzip\r\n"
    return await _ask(streams, head + CLOSE + b"\r\n")


async def tunnels(streams: Streams, dice: Random) -> bytes:
    """Another protocol."""
    reader, writer = streams
    writer.write(GET + b"Connection: upgrade\r\nUpgrade: echo\r\n\r\n")
    head = await reader.until(b"\r\n\r\n")
    for _ in range(10):
        writer.write(b"hello")
        await reader.exactly(5)
    return head


async def lost(streams: Streams, dice: Random) -> bytes:
    """A host that nobody serves."""
    return await _ask(streams, b"GET / HTTP/1.1\r\nHost: other.example\r\n" + CLOSE + b"\r\n")


async def malformed(streams: Streams, dice: Random) -> bytes:
    """No request at all."""
    return await _ask(streams, GET + b"X : y\r\n\r\n")


async def leaves(streams: Streams, dice: Random) -> bytes:
    """Gone in the middle of something."""
    _, writer = streams
    writer.write(POST + b"Content-Length: 1000\r\n\r\n" + b"x" * int(dice.random() * 900))
    await asyncio.sleep(dice.random() / 50)
    writer.transport.abort()
    return b""


async def trickles(streams: Streams, dice: Random) -> bytes:
    """A byte now and then; of those that are due all at once, if this process was kept waiting."""
    reader, writer = streams
    head = GET + CLOSE + b"\r\n"
    began, sent = time.monotonic(), 0
    while sent < len(head):
        due = 1 + int((time.monotonic() - began) / BETWEEN)
        writer.write(head[sent:due])
        sent = due
        await asyncio.sleep(BETWEEN)
    return await reader.all()


CLIENTS: Final[dict[Client, bytes]] = {
    keeps: b"HTTP/1.1 200 ",
    once: b"HTTP/1.1 200 ",
    uploads: b"HTTP/1.1 ",
    pours: b"HTTP/1.1 ",
    chunks: b"HTTP/1.1 ",
    downloads: b"HTTP/1.1 200 ",
    tunnels: b"HTTP/1.1 101 ",
    lost: b"HTTP/1.1 404 ",
    malformed: b"HTTP/1.1 400 ",
    leaves: b"",
    trickles: b"HTTP/1.1 200 ",
}
"""How the last answer that each gets must begin. A POST that a bad server has taken may be answered 502."""


async def _ask(streams: Streams, data: bytes) -> bytes:
    reader, writer = streams
    writer.write(data)
    return await reader.all()


async def repeat(client: Client, port: int, dice: Random, count: Counter[str], stop: asyncio.Event) -> None:
    """Be that client until it is time to stop; what goes wrong is counted by its name."""
    expected = CLIENTS[client]
    while not stop.is_set():
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            answer = await client((Answers(reader), writer), dice)
            count[client.__name__] += 1
            if not answer.startswith(expected):
                count[f"{client.__name__} failed: {answer[:40]!r}"] += 1
        except (OSError, EOFError, TimeoutError) as error:
            count[f"{client.__name__} failed: {error!r}"[:80]] += 1
        finally:
            writer.close()
        await asyncio.sleep(0)

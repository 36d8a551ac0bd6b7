"""A TCP listener relays bytes both ways, finds another server, and half-closes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from ingress.model.backend import Server
from ingress.proxy.tcp import TcpClient, TcpTarget
from tests.unit.proxy.conftest import Backends, Conversation, Front
from tests.unit.proxy.test_attempts import refusing


async def shout(conversation: Conversation) -> None:
    """Say everything again in capitals, and goodbye when the other side has finished."""
    while data := await conversation.reader.read(65536):
        conversation.say(data.upper())
    conversation.say(b"BYE")


@asynccontextmanager
async def listening(plane: Front, *servers: Server) -> AsyncIterator[int]:
    """A TCP listener in front of the servers; its port."""
    plane.route(*servers)
    backend = plane.site.backend("test:www.example.com/")
    listener = plane.listen(lambda: TcpClient(plane.site, TcpTarget(backend)))
    try:
        yield listener.port
    finally:
        listener.close()


async def talk(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def test_connections_one_after_another_are_relayed(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane, server) as port:
        for number in range(5):
            assert await talk(port, b"hello %d" % number) == b"HELLO %dBYE" % number
        await plane.until(lambda: not plane.site.relays)
        assert plane.site.backend("test:www.example.com/").servers[0].in_flight == 0


async def test_connections_side_by_side_are_relayed(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as server, listening(plane, server) as port:
        answers = await asyncio.gather(*(talk(port, b"x" * 100_000) for _ in range(20)))
    assert answers == [b"X" * 100_000 + b"BYE"] * 20


async def test_a_client_that_waits_for_the_server_to_speak_first_hears_it(
    front: Any, backends: Backends
) -> None:
    async def greet(conversation: Conversation) -> None:
        conversation.say(b"220 ready\r\n")
        await conversation.reader.read()

    async with front() as plane, backends.serve(greet) as server, listening(plane, server) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.readline(), 5) == b"220 ready\r\n"
        writer.close()


async def test_a_refused_connection_goes_to_another_server(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(shout) as good, listening(plane, refusing(), good) as port:
        assert [await talk(port, b"a") for _ in range(4)] == [b"ABYE"] * 4


async def test_without_a_server_the_connection_is_closed(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        with suppress(ConnectionResetError):
            assert await talk(port, b"a") == b""
        await plane.until(lambda: not plane.site.relays)

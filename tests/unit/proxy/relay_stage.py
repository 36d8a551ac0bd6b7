"""Clients that ask for a host with a TCP route, and servers that say who they are."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.change import Commit, PutBackend, PutTcpRoute
from ingress.model.listener import TcpRoute
from ingress.model.route import Origin
from ingress.proxy.server_names import HTTPS
from tests.unit.proxy.conftest import Backends, Conversation, Front
from tests.unit.wire.test_client_hello import hello

ORIGIN = Origin("test", "ingress", "default", "db")
DB = "db.example.com"
HELLO = hello(DB)


def relay(
    plane: Front,
    *servers: Server,
    host: str = DB,
    port: int = HTTPS,
    ended: bool = False,
    settings: BackendSettings = BackendSettings(),
) -> None:
    """A TCP route to these servers."""
    name = f"test:tcp:{host}:{port}"
    plane.apply.put(PutBackend(Backend(name, servers, settings)))
    plane.apply.put(PutTcpRoute(TcpRoute(host, name, ORIGIN, port, ended)))
    plane.apply.put(Commit(plane.apply.version + 1))


async def say(port: int, host: str, data: bytes, context: ssl.SSLContext) -> bytes:
    """What a server answers over TLS until it says goodbye."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        writer.write(data)
        return await asyncio.wait_for(reader.readexactly(len(data)), 5)
    finally:
        writer.close()


async def loud(conversation: Conversation) -> None:
    """Say everything again in capitals."""
    while data := await conversation.reader.read(65536):
        conversation.say(data.upper())


async def answer_of(port: int, name: str | None) -> bytes:
    """Who gets the hello of a client that asks for a name; empty: nobody."""
    return await heard(port, hello(name))


async def heard(port: int, data: bytes) -> bytes:
    """The first bytes of an answer; empty: the connection is closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(6), 5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@asynccontextmanager
async def telling(backends: Backends, name: bytes) -> AsyncIterator[Server]:
    """A server that says who it is."""

    async def tell(conversation: Conversation) -> None:
        await conversation.reader.read(65536)
        conversation.say(name)

    async with backends.serve(tell) as server:
        yield server

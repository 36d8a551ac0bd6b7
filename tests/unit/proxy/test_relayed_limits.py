"""Clients that are relayed by the name they ask for have the limits of all connections."""

import asyncio
from typing import Any

from ingress.model.settings import Limits, Settings
from tests.unit.proxy.conftest import Backends
from tests.unit.proxy.relay_stage import HELLO, heard, relay
from tests.unit.proxy.test_tcp import shout
from tests.unit.proxy.tls_stage import listening


async def test_clients_beyond_the_limit_are_not_relayed(front: Any, backends: Backends) -> None:
    async with front(descriptors=96) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        room = plane.site.room.clients
        held = []
        for _ in range(room):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HELLO)
            await reader.readexactly(len(HELLO))
            held.append(writer)
        assert await heard(port, HELLO) == b""
        for writer in held:
            writer.close()


async def test_clients_beyond_the_limit_for_their_address_are_not_relayed(
    front: Any, backends: Backends
) -> None:
    limits = Settings(limits=Limits(connections_per_client=1))
    async with front(limits) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HELLO)
        await reader.readexactly(len(HELLO))
        assert await heard(port, HELLO) == b""
        writer.close()
        await plane.until(lambda: not plane.site.relays)
        assert await heard(port, HELLO) == HELLO[:6].upper()


async def test_a_trusted_proxy_has_no_limit_for_its_address(front: Any, backends: Backends) -> None:
    limits = Settings(limits=Limits(connections_per_client=1), trusted_proxies=("127.0.0.0/8",))
    async with front(limits) as plane, backends.serve(shout) as server, listening(plane) as port:
        relay(plane, server)
        held = []
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HELLO)
            assert await reader.readexactly(len(HELLO)) == HELLO.upper()
            held.append(writer)
        for writer in held:
            writer.close()

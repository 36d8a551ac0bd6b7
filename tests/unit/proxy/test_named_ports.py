"""A TCP port is shared by those whom clients ask for by name, and by one who has the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ingress.observe.page import WorkerCell
from ingress.proxy.named import Named
from ingress.proxy.tcp import TcpTarget
from ingress.proxy.tls.accepted import UNKNOWN_NAME
from tests.unit.proxy.conftest import Backends, Conversation, Front
from tests.unit.proxy.relay_stage import DB, answer_of, loud, relay, say, telling
from tests.unit.proxy.test_tcp import talk
from tests.unit.proxy.tls_stage import certificate, trusting, use


@asynccontextmanager
async def on_port(plane: Front, others: str = "") -> AsyncIterator[int]:
    """A TCP port where the name decides, and who else has it; its port."""
    site = plane.site

    def accept() -> Named:
        return Named(site, site.names[5432], TcpTarget(site.backend(others)) if others else None)

    listener = plane.listen(accept)
    try:
        yield listener.port
    finally:
        listener.close()


async def test_a_tcp_port_is_shared_by_names_and_one_who_has_the_rest(front: Any, backends: Backends) -> None:
    async with (
        front() as plane,
        telling(backends, b"named.") as named,
        telling(backends, b"others") as rest,
    ):
        plane.route(rest)
        relay(plane, named, port=5432)
        async with on_port(plane, "test:www.example.com/") as port:
            assert await answer_of(port, DB) == b"named."
            assert await answer_of(port, "x.example.com") == b"others"
            assert await answer_of(port, None) == b"others"
            assert await talk(port, b"plain text") == b"others"


async def test_on_a_port_for_names_alone_others_are_refused(front: Any, backends: Backends) -> None:
    async with front() as plane, telling(backends, b"named.") as named:
        relay(plane, named, port=5432)
        async with on_port(plane) as port:
            assert await answer_of(port, "x.example.com") == UNKNOWN_NAME[:6]
            assert await talk(port, b"plain text") == b""
        assert plane.site.cells[WorkerCell.TLS_FAILED_TOTAL] == 2


async def test_tls_may_end_on_a_tcp_port(front: Any, backends: Backends) -> None:
    ours = certificate(DB)
    async with front() as plane, backends.serve(loud) as server:
        use(plane.site.tls, ours)
        relay(plane, server, port=5432, ended=True)
        relay(plane, host=DB)
        async with on_port(plane) as port:
            assert await say(port, DB, b"select 1", trusting(ours)) == b"SELECT 1"


async def test_a_client_that_waits_for_its_server_gets_who_has_the_rest(
    front: Any, backends: Backends
) -> None:
    async def greet(conversation: Conversation) -> None:
        conversation.say(b"220 ready")
        await conversation.reader.read()

    async with front() as plane, backends.serve(greet) as server:
        plane.route(server)
        relay(plane, port=5432)
        async with on_port(plane, "test:www.example.com/") as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await plane.until(lambda: bool(plane.site.handshakes))
            plane.site.tick += int(plane.site.limits.timeout_request) + 1
            plane.sweep.once()
            assert await asyncio.wait_for(reader.readexactly(9), 5) == b"220 ready"
            writer.close()

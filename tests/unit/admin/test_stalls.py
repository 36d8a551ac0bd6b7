"""Long answers leave the event loop to others, and clients that do not read cost little."""

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer


async def longest_stall(app: web.Application, path: str) -> tuple[float, int]:
    """The most CPU time spent between two turns of others while the page was made, and its size.

    CPU rather than clock: what else this machine does is not the page's fault.
    """
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    # What a collection costs depends on all that the tests before this one have left.
    gc.disable()
    try:
        async with TestClient(TestServer(app)) as client:
            watcher = asyncio.create_task(watch())
            async with client.get(path) as answer:
                size = len(await answer.read())
            watcher.cancel()
    finally:
        gc.enable()
    return longest, size


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/routes?limit=10000", "/api/v1/servers?limit=10000"])
def test_ten_thousand_items_hold_nobody_up(
    app: web.Application, big: Callable[[int], None], path: str
) -> None:
    big(10_000)
    longest, size = asyncio.run(longest_stall(app, path))
    assert size > 1_000_000
    # Some 5 ms as a rule; all at once is 500 ms.
    assert longest < 0.15


def test_a_listing_made_while_the_facts_change_is_whole(app: web.Application, view: Any, big: Any) -> None:
    big(2000)

    async def read() -> Any:
        async with TestClient(TestServer(app)) as client:
            asked = asyncio.create_task(client.get("/api/v1/routes?limit=10000"))
            for _ in range(20):
                await asyncio.sleep(0)
                view.host_facts.clear()
            async with await asked as answer:
                return await answer.json()

    assert len(asyncio.run(read())["items"]) in {0, 2003}


def test_a_client_that_leaves_early_is_no_error(
    app: web.Application, big: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    big(10_000)

    async def leave() -> None:
        # As in the controller: the handler of a client that left is not cancelled, its writes fail.
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readexactly(1000)
        writer.transport.abort()
        # Long enough for the other answer to meet its end.
        path = f"http://{host}:{port}/api/v1/servers?limit=10000"
        async with ClientSession() as client, client.get(path) as answer:
            assert len(await answer.read()) > 1_000_000
        await runner.cleanup()

    asyncio.run(leave())
    assert not caplog.records

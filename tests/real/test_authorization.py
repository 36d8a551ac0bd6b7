"""Whom an Ingress has asked who may pass, and how many requests it takes, over two real workers."""

import asyncio
from collections import Counter

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.headgate import ADDRESS
from tests.real.harness.node import Node
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.shop import Shop

REQUESTS = 600


def test_a_service_says_who_may_pass_and_nobody_passes_while_it_is_away(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop, guard = Shop(api, node, namespace), Shop(api, node, namespace, "guard")
    guard.open(2, Temper(Manner.GUARD))
    shop.open(1)
    asked = {"headgate.dev/auth-url": f"http://guard.{namespace}.svc/verify"}
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", annotations=asked))
    headgate()
    assert ask(shop.host).status == 401
    assert ask(shop.host, Cookie="session=good").status == 200
    # One of two is gone: the other one is asked.
    guard.crash(guard.members[0])
    assert [ask(shop.host, Cookie="session=good").status for _ in range(10)] == [200] * 10
    guard.crash(guard.members[1])
    refused = ask(shop.host, Cookie="session=good")
    assert (refused.status, refused.reason) == (503, "auth-failed")
    guard.scale_up(Temper(Manner.GUARD))
    eventually(lambda: ask(shop.host, Cookie="session=good").status == 200, what="the new guard")


def test_two_workers_count_a_client_as_one(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(1)
    limits = {"headgate.dev/limit-rpm": "100", "headgate.dev/limit-burst-multiplier": "1"}
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", annotations=limits))
    headgate("--workers", "2")
    found = asyncio.run(flood(shop.host))
    assert set(found) == {200, 429}
    # 100 may come at once, then one in 0.6 s; and some that both workers let in at the same moment.
    assert 100 <= found[200] <= 115, found


def test_two_workers_count_what_a_client_has_under_way_as_one(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(1, Temper(slow=3.0, slow_every=1))
    limits = {"headgate.dev/limit-connections": "10"}
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", annotations=limits))
    headgate("--workers", "2")
    found = asyncio.run(flood(shop.host, 60))
    assert set(found) == {200, 429}
    # One more than the limit, where both workers let the last one in at the same moment.
    assert 10 <= found[200] <= 11, found
    # All of that is over, and there is room again.
    assert ask(shop.host).status == 200


async def flood(host: str, requests: int = REQUESTS) -> Counter[int]:
    """Requests over many connections at a time, which the kernel divides between the workers."""
    gate = asyncio.Semaphore(64)

    async def one() -> int:
        async with gate:
            reader, writer = await asyncio.open_connection(ADDRESS, 80)
            writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            try:
                return int((await reader.read()).split(b" ", 2)[1])
            finally:
                writer.close()

    return Counter(await asyncio.gather(*(one() for _ in range(requests))))

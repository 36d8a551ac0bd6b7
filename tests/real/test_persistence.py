"""Clients that stay on their server, with a real API server and a real Consul."""

import http.client
from typing import NamedTuple

from tests.real.conftest import StartHeadgate
from tests.real.harness.api import Api
from tests.real.harness.browser import eventually
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.node import Node
from tests.real.harness.shop import Shop

BOTH = ("--consul", f"http://{AGENT}")
PODS, MACHINE = {"shop-1", "shop-2"}, "vm-1"


class Visit(NamedTuple):
    """One request of a client, over a connection of its own."""

    pod: str
    cookie: str
    """What it has been given; empty: nothing."""


def visit(host: str, cookie: str = "", number: int = 0, user: str = "") -> Visit:
    """Ask the Headgate of this number."""
    connection = http.client.HTTPConnection("10.244.0.1", 80 + number, timeout=10.0)
    fields = {"Host": host, "Cookie": cookie, "X-User": user}
    try:
        connection.request("GET", "/", headers={name: value for name, value in fields.items() if value})
        answer = connection.getresponse()
        assert answer.status == 200
        pod = answer.read().decode().partition("\n")[0]
        return Visit(pod, answer.getheader("Set-Cookie", "").partition(";")[0])
    finally:
        connection.close()


def open_pool(api: Api, node: Node, namespace: str, consul: Consul, **annotations: str) -> Shop:
    """Two pods and an instance in Consul."""
    consul.register(node.start(MACHINE), "shop", "headgate.enable=true")
    shop = Shop(api, node, namespace)
    written = {f"headgate.dev/{name.replace('_', '-')}": text for name, text in annotations.items()}
    shop.open(2, annotations={"headgate.dev/consul-service": "shop", **written})
    return shop


def visits(host: str, times: int = 12) -> dict[str, str]:
    """Who answers new clients, and the cookie of each."""
    return {one.pod: one.cookie for one in (visit(host) for _ in range(times))}


def test_a_client_stays_in_a_pool_over_workers_replicas_and_a_restart(
    api: Api, node: Node, namespace: str, consul: Consul, headgate: StartHeadgate
) -> None:
    shop = open_pool(api, node, namespace, consul, cookie="SRV insert indirect")
    one, _ = headgate(*BOTH), headgate(*BOTH, number=1)
    eventually(lambda: visits(shop.host).keys() == PODS | {MACHINE}, what="everybody")
    for pod, cookie in visits(shop.host).items():
        again = {visit(shop.host, cookie, number) for number in (0, 1) for _ in range(6)}
        assert again == {Visit(pod, "")}
    cookies = visits(shop.host)
    assert one.stop() == 0
    headgate(*BOTH)
    eventually(lambda: visits(shop.host).keys() == PODS | {MACHINE}, what="everybody again")
    assert {visit(shop.host, cookie) for cookie in cookies.values()} == {Visit(pod, "") for pod in cookies}


def test_a_pod_that_leaves_keeps_its_clients_until_it_is_gone_and_none_of_them_sees_a_failure(
    api: Api, node: Node, namespace: str, consul: Consul, headgate: StartHeadgate
) -> None:
    shop = open_pool(api, node, namespace, consul, cookie="SRV insert indirect")
    headgate(*BOTH)
    eventually(lambda: visits(shop.host).keys() == PODS | {MACHINE}, what="everybody")
    cookie = visits(shop.host)["shop-1"]
    leaving = shop.members[0]
    shop.retire(leaving, serve_on=20.0)
    eventually(lambda: "shop-1" not in visits(shop.host), what="that it leaves")
    assert {visit(shop.host, cookie) for _ in range(10)} == {Visit("shop-1", "")}
    shop.forget(leaving)
    eventually(lambda: visit(shop.host, cookie).pod != "shop-1", what="that it is gone")
    moved = visit(shop.host, cookie)
    assert moved.pod in {"shop-2", MACHINE}
    assert moved.cookie not in {"", cookie}
    assert {visit(shop.host, moved.cookie) for _ in range(10)} == {Visit(moved.pod, "")}


def test_a_header_decides_alike_in_all_replicas_and_another_pod_moves_only_whom_it_gets(
    api: Api, node: Node, namespace: str, consul: Consul, headgate: StartHeadgate
) -> None:
    shop = open_pool(api, node, namespace, consul, balance="hash hdr(x-user)")
    headgate(*BOTH)
    headgate(*BOTH, number=1)
    eventually(lambda: {visit(shop.host).pod for _ in range(12)} == PODS | {MACHINE}, what="everybody")
    before = [of_user(shop.host, user, user % 2) for user in range(60)]
    assert [of_user(shop.host, user, (user + 1) % 2) for user in range(60)] == before
    shop.scale_up()
    eventually(lambda: "shop-3" in [of_user(shop.host, user) for user in range(60)], what="the new pod")
    after = [of_user(shop.host, user) for user in range(60)]
    assert {now for was, now in zip(before, after, strict=True) if was != now} == {"shop-3"}


def of_user(host: str, user: int, number: int = 0) -> str:
    """The pod that answers a user."""
    return visit(host, number=number, user=f"user-{user}").pod

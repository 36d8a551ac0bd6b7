"""No failure of the API server costs a request; what it has missed to say is caught up with."""

import time
from pathlib import Path

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.cluster import HOST, PORT, Cluster
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import Node
from tests.real.harness.relay import Relay
from tests.real.harness.shop import Shop

RELAY_PORT = 16443
LONG = 60.0
"""Seconds within which a watch is back after any fault: the longest pause is 30 s, and its jitter."""


def test_a_killed_api_server_costs_no_request(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    one = headgate()
    with Load(Plan(host=shop.host, rate=300)) as load:
        cluster.server.kill()
        eventually(lambda: source_state(one) == "degraded", 30.0, "the report of the loss")
        cluster.start_server()
        shop.scale_up()
        eventually(lambda: ask(shop.host).pod == "shop-3", LONG, "the pod that came after it")
    assert load.outcome.failures == []
    eventually(lambda: source_state(one) == "live", LONG, "the report of the return")


def test_a_frozen_api_server_costs_no_request(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    headgate()
    with Load(Plan(host=shop.host, rate=300)) as load:
        cluster.server.freeze()
        time.sleep(3.0)
        cluster.server.thaw()
        shop.scale_up()
        eventually(lambda: ask(shop.host).pod == "shop-3", LONG, "the pod that came after it")
    assert load.outcome.failures == []


def test_a_relist_after_410_yields_the_deletes_of_the_gap(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    gone, stays = Shop(api, node, namespace, "gone"), Shop(api, node, namespace, "stays")
    gone.open(pods=1)
    api.apply(objects.ingress(namespace, "gone", gone.host, "gone"))
    stays.open(pods=2)
    with Relay(HOST, RELAY_PORT, PORT) as relay:
        headgate(kubeconfig=cluster.kubeconfig(port=RELAY_PORT))
        assert ask(gone.host).pod == "gone-1"
        before = version_of(api, "Ingress")
        with Load(Plan(host=stays.host, rate=300)) as load:
            relay.cut()
            api.delete(objects.ingress(namespace, "gone", gone.host, "gone"))
            stays.forget(stays.members[0])
            # A server that has begun anew and a store without history: nobody can tell what happened.
            cluster.compact()
            cluster.restart_server()
            assert api.forgets("Ingress", objects.NETWORKING, before)
            assert ask(gone.host).pod == "gone-1"
            relay.join()
            eventually(lambda: ask(gone.host).status == 404, LONG, "the delete of the Ingress")
            eventually(
                lambda: {ask(stays.host).pod for _ in range(10)} == {"stays-2"}, 5.0, "the lost endpoint"
            )
    assert load.outcome.failures == []


def test_a_watch_that_breaks_is_resumed(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    with Relay(HOST, RELAY_PORT, PORT) as relay:
        headgate(kubeconfig=cluster.kubeconfig(port=RELAY_PORT))
        relay.cut()
        shop.scale_up()
        shop.forget(shop.members[0])
        relay.join()
        eventually(lambda: ask(shop.host).pod == "shop-2", LONG, "the change of the gap")


def test_a_start_with_the_api_server_down_serves_the_last_good_state(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate, tmp_path: Path
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    keep = ("--state-dir", str(tmp_path / "state"))
    first = headgate(*keep)
    assert ask(shop.host).status == 200
    eventually(lambda: list(tmp_path.glob("state/*")), 15.0, "the state on disk")
    assert first.stop() == 0
    cluster.server.kill()
    second = headgate(*keep)
    assert {ask(shop.host).pod for _ in range(10)} == {"shop-1", "shop-2"}
    assert source_state(second) in {"starting", "degraded"}
    cluster.start_server()
    shop.forget(shop.members[0])
    eventually(lambda: {ask(shop.host).pod for _ in range(10)} == {"shop-2"}, LONG, "the sync")
    eventually(lambda: source_state(second) == "live", 10.0, "the report of it")


def test_what_was_deleted_while_headgate_was_away_is_gone_after_the_sync(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate, tmp_path: Path
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    keep = ("--state-dir", str(tmp_path / "state"))
    first = headgate(*keep)
    eventually(lambda: list(tmp_path.glob("state/*")), 15.0, "the state on disk")
    first.stop()
    api.delete(objects.ingress(namespace, "web", shop.host, "shop"))
    headgate(*keep)
    eventually(lambda: ask(shop.host).status == 404, 15.0, "the delete")


def test_without_last_good_state_nothing_is_ready_before_the_first_sync(
    cluster: Cluster, headgate: StartHeadgate
) -> None:
    cluster.server.kill()
    one = headgate(ready=False)
    eventually(lambda: one.page("/livez")[0] == 200, 10.0, "life")
    status, text = one.page("/readyz")
    assert status == 503
    assert "kubernetes" in str(text)
    cluster.start_server()
    one.wait_until_ready(LONG)


@pytest.mark.parametrize("switch", ["true", "false"])
def test_a_first_sync_works_with_and_without_watch_lists(
    switch: str, cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    cluster.restart_server(f"--feature-gates=WatchList={switch}")
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    headgate()
    assert ask(shop.host).pod == "shop-1"
    shop.scale_up()
    eventually(lambda: "shop-2" in {ask(shop.host).pod for _ in range(4)}, what="the watch")


def source_state(one: Headgate) -> str:
    """What Headgate says of its Kubernetes source."""
    return str(next(item["state"] for item in one.items("sources")))


def version_of(api: Api, kind: str) -> str:
    """The version of all objects of a kind, at which a watch can go on."""
    return str(api.list(kind, objects.NETWORKING)["metadata"]["resourceVersion"])

"""What the other tests stand on: the load generator misses no failure, and the faults are real."""

import time

import pytest

from tests.real.harness import objects
from tests.real.harness.api import Api, ApiError
from tests.real.harness.cluster import ADMIN_TOKEN, HOST, OURS_TOKEN, PORT, Cluster
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import Node
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.relay import Relay
from tests.real.harness.shop import Shop


def test_load_on_a_good_pod_has_no_failure(node: Node) -> None:
    pod = node.start("good")
    with Load(Plan(host="x", address=pod.address, method="POST", body=3000)) as load:
        time.sleep(0.5)
    assert load.outcome.failures == []
    assert load.outcome.pods == {"good": load.outcome.answered}
    assert load.outcome.answered > 100


def test_load_counts_what_a_stopping_pod_refuses(node: Node) -> None:
    pod = node.start("short")
    with Load(Plan(host="x", address=pod.address)) as load:
        time.sleep(0.3)
        node.stop(pod)
        time.sleep(0.3)
    assert any("Refused" in failure.what for failure in load.outcome.failures)


def test_load_counts_connections_that_are_reset(node: Node) -> None:
    pod = node.start("rude", Temper(Manner.RESET))
    with Load(Plan(host="x", address=pod.address, method="POST", body=10)) as load:
        time.sleep(0.3)
    assert load.outcome.answered == 0
    assert len(load.outcome.failures) > 50


def test_what_a_shop_does_is_what_its_slice_says(api: Api, node: Node, namespace: str) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=3)
    shop.roll(0.0)
    found = api.get("EndpointSlice", objects.DISCOVERY, namespace, "shop-1")["endpoints"]
    assert [endpoint["addresses"] for endpoint in found] == [[m.pod.address] for m in shop.members]
    assert shop.changes == 9


def test_a_compacted_and_restarted_server_has_forgotten_old_versions(
    cluster: Cluster, namespace: str
) -> None:
    api = cluster.admin
    before = str(api.list("Ingress", objects.NETWORKING)["metadata"]["resourceVersion"])
    api.apply(objects.ingress(namespace, "web", "a.test", "shop"))
    assert not api.forgets("Ingress", objects.NETWORKING, before)
    cluster.compact()
    cluster.restart_server()
    assert api.forgets("Ingress", objects.NETWORKING, before)


def test_a_relay_passes_on_is_cut_and_joined_again(cluster: Cluster) -> None:
    with Relay(HOST, 16443, PORT) as relay:
        api = cluster.api(ADMIN_TOKEN, port=16443)
        assert api.is_ready()
        relay.cut()
        assert not api.is_ready()
        relay.join()
        assert api.is_ready()


def test_our_service_account_may_do_nothing_of_itself(cluster: Cluster) -> None:
    ours = cluster.api(OURS_TOKEN)
    for kind, version in (("Ingress", objects.NETWORKING), ("Secret", "v1")):
        with pytest.raises(ApiError, match="403"):
            ours.list(kind, version)

"""Pods and Consul instances behind one backend, with a real API server and a real Consul."""

from collections import Counter
from pathlib import Path

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.cluster import Cluster
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.pod import Manner, PodFacts, Temper
from tests.real.harness.shop import Shop

PODS = {"shop-1", "shop-2"}
MACHINES = {"vm-1", "vm-2"}
BOTH = ("--consul", f"http://{AGENT}")


@pytest.fixture
def machines(node: Node, consul: Consul) -> list[PodFacts]:
    """Two instances of the Consul service `shop`."""
    found = [node.start(name) for name in sorted(MACHINES)]
    for machine in found:
        consul.register(machine, "shop", "headgate.enable=true")
    return found


def open_shop(api: Api, node: Node, namespace: str, temper: Temper = PLAIN, **annotations: str) -> Shop:
    """The same service with two pods, joined with the one in Consul."""
    shop = Shop(api, node, namespace)
    written = {f"headgate.dev/{name}": text for name, text in annotations.items()}
    shop.open(2, temper, {"headgate.dev/consul-service": "shop", **written})
    return shop


def spread(host: str, requests: int = 40) -> Counter[str]:
    """Who answers, and how often."""
    return Counter(ask(host).pod for _ in range(requests))


def shift(headgate: Headgate) -> dict[str, object]:
    """The only shift; in the first second there is none."""
    return next(iter(headgate.items("shifts")), {"state": "", "progress": 0.0, "share": 0})


def test_a_pool_costs_no_request_while_the_api_server_and_then_consul_is_away(
    cluster: Cluster,
    node: Node,
    namespace: str,
    consul: Consul,
    machines: list[PodFacts],
    headgate: StartHeadgate,
) -> None:
    shop = open_shop(cluster.admin, node, namespace)
    headgate(*BOTH)
    eventually(lambda: spread(shop.host).keys() == PODS | MACHINES, what="both")
    with Load(Plan(host=shop.host, rate=200.0)) as load:
        cluster.server.freeze()
        consul.deregister(machines[1])
        eventually(lambda: spread(shop.host).keys() == PODS | {"vm-1"}, what="a change in Consul")
        cluster.server.thaw()
        consul.crash()
        shop.scale_up()
        eventually(lambda: "shop-3" in spread(shop.host), 20.0, what="a change in Kubernetes")
        assert "vm-1" in spread(shop.host)
    assert load.outcome.failures == []
    assert load.outcome.pods.keys() >= PODS | {"vm-1"}


def test_failover_takes_machines_when_the_pods_fail_and_pods_when_they_are_back(
    api: Api, node: Node, namespace: str, consul: Consul, machines: list[PodFacts], headgate: StartHeadgate
) -> None:
    shop = open_shop(api, node, namespace, failover="kubernetes, consul")
    headgate(*BOTH)
    eventually(lambda: spread(shop.host).keys() == PODS, what="the pods alone")
    first, second = shop.members
    shop.members = []
    shop.publish()
    eventually(lambda: spread(shop.host).keys() == MACHINES, what="the machines")
    shop.members = [first, second]
    shop.publish()
    eventually(lambda: spread(shop.host).keys() == PODS, what="the pods again")


def test_a_ramp_takes_all_requests_from_machines_to_pods_without_a_failure_over_a_restart(
    api: Api,
    node: Node,
    namespace: str,
    consul: Consul,
    machines: list[PodFacts],
    headgate: StartHeadgate,
    tmp_path: Path,
) -> None:
    ramp = "consul 100 -> kubernetes 100 over 12s, stop on 5xx > 2%"
    shop = open_shop(api, node, namespace, shift=ramp)
    options = (*BOTH, "--state-dir", str(tmp_path / "state"))
    one = headgate(*options)
    with Load(Plan(host=shop.host, rate=200.0)) as load:
        eventually(lambda: float(str(shift(one)["progress"])) > 0.5, 20.0, what="half of the way")
        one.kill_child("controller")
        one.wait_until_ready()
        assert float(str(shift(one)["progress"])) < 0.9
        assert int(str(shift(one)["share"])) > 20
        eventually(lambda: shift(one)["state"] == "done", 30.0, what="the end")
        eventually(lambda: spread(shop.host).keys() == PODS, what="the pods alone")
    assert load.outcome.failures == []
    assert load.outcome.pods.keys() == PODS | MACHINES
    assert one.stop() == 0
    again = headgate(*options)
    assert spread(shop.host).keys() == PODS
    eventually(lambda: shift(again)["state"] == "done", what="what was kept")


def test_a_ramp_rolls_back_by_itself_when_the_pods_fail(
    api: Api, node: Node, namespace: str, consul: Consul, machines: list[PodFacts], headgate: StartHeadgate
) -> None:
    ramp = "consul 100 -> kubernetes 100 over 20s, stop on 5xx > 2%"
    shop = open_shop(api, node, namespace, Temper(Manner.RESET), shift=ramp)
    one = headgate(*BOTH)
    with Load(Plan(host=shop.host, rate=300.0)):
        eventually(lambda: shift(one)["state"] == "rolled-back", 20.0, what="the end of it")
    assert "of the requests to kubernetes failed" in str(shift(one)["reason"])
    assert spread(shop.host).keys() == MACHINES
    assert one.metric("headgate_shift_kubernetes_share") == 0.0

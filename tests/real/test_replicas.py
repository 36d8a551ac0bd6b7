"""Two Headgates beside one another that keep a shift alike, by a real API server and by a real Consul."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.browser import eventually
from tests.real.harness.chart import render
from tests.real.harness.cluster import OURS_TOKEN, Cluster
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import MANAGEMENT, Consul
from tests.real.harness.grants import Grants
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.shop import Shop

BOTH = ("--consul", f"http://{AGENT}")
RAMP = "consul 100 -> kubernetes 100 over 40s, stop on 5xx > 2%"
MAP = "kubernetes:headgate/headgate-shifts"
KEY = "consul:headgate/shifts"
Pair = Callable[..., tuple[Headgate, Headgate]]


def shift(headgate: Headgate) -> dict[str, Any]:
    """The only shift; in the first second there is none."""
    return next(iter(headgate.items("shifts")), {"state": "", "share": -1, "part": ""})


def shares(pair: tuple[Headgate, Headgate]) -> list[int]:
    return [int(shift(each)["share"]) for each in pair]


def states(pair: tuple[Headgate, Headgate]) -> list[str]:
    return [str(shift(each)["state"]) for each in pair]


@pytest.fixture(params=[MAP, KEY], ids=["config-map", "consul-key"])
def record(request: pytest.FixtureRequest) -> str:
    """Where both keep their shifts alike."""
    return str(request.param)


@pytest.fixture
def pair(cluster: Cluster, grants: Grants, headgate: StartHeadgate) -> Pair:
    """Start two, with no more rights than the chart gives."""

    def start(record: str, *options: str) -> tuple[Headgate, Headgate]:
        grants.give()
        [empty] = [each for each in render() if each["kind"] == "ConfigMap" and "data" not in each]
        cluster.admin.apply(objects.namespace("headgate"))
        cluster.admin.delete(empty)
        cluster.admin.apply(empty)
        chosen = (*BOTH, "--workers", "1", "--shift-record", record, *options)
        kubeconfig = cluster.kubeconfig(OURS_TOKEN)
        one = headgate(*chosen, kubeconfig=kubeconfig)
        return one, headgate(*chosen, kubeconfig=kubeconfig, number=1)

    return start


def open_pool(cluster: Cluster, node: Node, namespace: str, consul: Consul, temper: Temper = PLAIN) -> Shop:
    """Two pods and an instance, and the shift from one to the other."""
    consul.register(node.start("vm-1"), "shop", "headgate.enable=true")
    shop = Shop(cluster.admin, node, namespace)
    annotations = {"headgate.dev/consul-service": "shop", "headgate.dev/shift": RAMP}
    shop.open(2, temper, annotations)
    return shop


def test_one_leads_the_other_follows_and_takes_over_and_an_operator_stops_both(
    cluster: Cluster, node: Node, namespace: str, consul: Consul, pair: Pair, record: str
) -> None:
    open_pool(cluster, node, namespace, consul)
    one, two = both = pair(record)
    eventually(lambda: {shift(each)["part"] for each in both} == {"leads", "follows"}, 15.0, "a leader")
    eventually(lambda: min(shares(both)) >= 10, 20.0, "the first steps of both")
    assert abs(shares(both)[0] - shares(both)[1]) <= 10
    leader, other = both if shift(one)["part"] == "leads" else (two, one)
    name = str(shift(other)["backend"])
    assert other.post(f"/api/v1/shifts/pause?backend={name}") == 200
    eventually(lambda: states(both) == ["paused"] * 2, 5.0, "the pause of both")
    paused = shares(both)
    leader.kill()
    assert other.post(f"/api/v1/shifts/resume?backend={name}") == 200
    eventually(lambda: shift(other)["part"] == "leads", 30.0, "another leader")
    eventually(lambda: shift(other)["share"] > max(paused) + 5, 20.0, "more steps")
    assert shift(other)["share"] < max(paused) + 60
    assert other.items("problems") == []


def test_the_one_that_sees_failures_calls_it_off_for_both(
    cluster: Cluster, node: Node, namespace: str, consul: Consul, pair: Pair, record: str
) -> None:
    shop = open_pool(cluster, node, namespace, consul, Temper(Manner.RESET))
    both = pair(record)
    with Load(Plan(host=shop.host, rate=300.0)):
        eventually(lambda: states(both) == ["rolled-back"] * 2, 30.0, "the end of it for both")
    assert shares(both) == [0, 0]
    assert {str(shift(each)["reason"]) for each in both} == {str(shift(both[0])["reason"])}


def test_while_the_record_is_away_both_keep_what_was_decided_last(
    cluster: Cluster, node: Node, namespace: str, consul: Consul, pair: Pair
) -> None:
    open_pool(cluster, node, namespace, consul)
    both = pair(KEY)
    eventually(lambda: min(shares(both)) >= 10, 20.0, "the first steps of both")
    consul.crash()
    eventually(lambda: [shift(each)["part"] for each in both] == ["cut-off"] * 2, 40.0, "that it is away")
    kept = shares(both)
    assert states(both) == ["waiting"] * 2
    assert both[0].post(f"/api/v1/shifts/pause?backend={shift(both[0])['backend']}") == 503
    assert shares(both) == kept
    consul.start()
    eventually(lambda: min(shares(both)) > max(kept), 60.0, "more steps")


def test_a_token_that_may_write_no_key_is_told_and_moves_nothing(
    cluster: Cluster, node: Node, namespace: str, tmp_path: Any, headgate: StartHeadgate
) -> None:
    consul = Consul(tmp_path, acl=True)
    consul.start()
    try:
        read = " ".join(f'{kind}_prefix "" {{ policy = "read" }}' for kind in ("service", "node", "agent"))
        token = consul.make_token(read)
        open_pool(cluster, node, namespace, consul)
        one = headgate(*BOTH, "--consul-token", token, "--shift-record", KEY)
        eventually(lambda: "shifts: 403" in one.log(), 20.0, "the log")
        assert shift(one)["share"] == 0
        assert (shift(one)["part"], shift(one)["state"]) == ("cut-off", "waiting")
        able = consul.make_token(read + ' key "headgate/shifts" { policy = "write" }')
        two = headgate(*BOTH, "--consul-token", able, "--shift-record", KEY, number=1)
        eventually(lambda: shift(two)["part"] == "leads", 20.0, "a leader")
        assert MANAGEMENT not in two.log()
    finally:
        consul.daemon.kill()

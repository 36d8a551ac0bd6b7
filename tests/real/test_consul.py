"""Consul as a source: services on a real server, and that server in all its moods."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts, Temper

HOST = "shop.example.com"
TAGS = ("headgate.enable=true", f"headgate.host={HOST}")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Consul]:
    """A Consul that asks for tokens."""
    with Consul(tmp_path, acl=True) as consul:
        yield consul


def spread(requests: int = 60) -> Counter[str]:
    """Which pods answer, and how often."""
    return Counter(ask(HOST).pod for _ in range(requests))


def source(headgate: Headgate) -> dict[str, object]:
    """What the source says of itself."""
    [item] = headgate.items("sources")
    return item


def test_four_lines_make_a_service_served(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    on_consul()
    for pod in pods:
        consul.register(pod, "shop", *TAGS)
    eventually(lambda: set(spread(8)) == {"shop-1", "shop-2"}, what="both pods")


def test_meta_says_what_tags_say_and_wins(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    meta = {"headgate-host": HOST, "headgate-acl": "no path_beg /no", "headgate-http-request": "deny if no"}
    consul.register(pods[0], "shop", "headgate.enable=true", "headgate.host=other.example.com", Meta=meta)
    on_consul()
    assert ask(HOST).pod == "shop-1"
    assert ask(HOST, "/no").reason == "denied"
    assert ask("other.example.com").status == 404


def test_a_sidecar_with_the_tags_of_its_service_gets_no_requests(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    proxy = {"DestinationServiceName": "shop"}
    consul.register(pods[1], "shop-sidecar-proxy", *TAGS, Kind="connect-proxy", Proxy=proxy)
    headgate = on_consul()
    assert spread(12) == {"shop-1": 12}
    assert headgate.items("problems") == []


def test_weights_warnings_and_maintenance_are_seen_in_the_spread(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    consul.register(pods[0], "shop", *TAGS, Weights={"Passing": 4, "Warning": 1})
    consul.register(pods[1], "shop", *TAGS, Weights={"Passing": 2, "Warning": 1})
    headgate = on_consul("--workers", "1")
    assert spread() == {"shop-1": 40, "shop-2": 20}
    consul.judge(pods[0], "warn")
    eventually(lambda: weights(headgate) == [1, 2], what="the weight of a warning")
    assert spread() == {"shop-1": 20, "shop-2": 40}
    consul.maintain(pods[1], enable=True)
    eventually(lambda: weights(headgate) == [1], what="maintenance")
    assert spread(10) == {"shop-1": 10}
    consul.judge(pods[0], "fail")
    eventually(lambda: ask(HOST).reason == "no-endpoints", what="nobody")
    assert ask(HOST).status == 503


def weights(headgate: Headgate) -> list[int]:
    return sorted(int(item["weight"]) for item in headgate.items("servers"))


def test_rolling_200_instances_under_load_costs_no_request(
    consul: Consul, node: Node, on_consul: StartOnConsul, figure: Callable[[str], None]
) -> None:
    members = [node.start(f"shop-{number}") for number in range(10)]
    for pod in members:
        consul.register(pod, "shop", *TAGS)
    on_consul()
    with Load(Plan(host=HOST, rate=1000.0)) as load:
        for number in range(10, 210):
            new = node.start(f"shop-{number}")
            consul.register(new, "shop", *TAGS)
            old = members.pop(0)
            consul.deregister(old)
            node.stop(old, after=1.0)
            members.append(new)
            time.sleep(0.05)
        time.sleep(1.5)
    figure(f"200 instances replaced: {load.outcome}")
    assert load.outcome.failures == []


LEAVE: dict[str, Callable[[Consul, PodFacts], None]] = {
    "deregistered": lambda consul, pod: consul.deregister(pod),
    "critical": lambda consul, pod: consul.judge(pod, "fail"),
    "maintenance": lambda consul, pod: consul.maintain(pod, enable=True),
}


@pytest.mark.parametrize("leave", LEAVE)
def test_an_instance_that_leaves_gets_no_new_request_and_ends_those_it_has(
    consul: Consul, node: Node, on_consul: StartOnConsul, leave: str
) -> None:
    slow = node.start("slow", Temper(slow=2.0, slow_every=1))
    for pod in (slow, node.start("other")):
        consul.register(pod, "shop", *TAGS)
    headgate = on_consul("--workers", "1")
    assert len(weights(headgate)) == 2
    with ThreadPoolExecutor(10) as pool:
        begun = [pool.submit(ask, HOST) for _ in range(10)]
        time.sleep(0.5)
        LEAVE[leave](consul, slow)
        eventually(lambda: len(weights(headgate)) == 1, what="the change")
        assert spread(20) == {"other": 20}
        under_way = [each for each in begun if not each.done()]
        assert [each.result().pod for each in under_way] == ["slow"] * 5


@pytest.mark.parametrize("agent", ["[::1]:8500", "unix"])
def test_an_agent_may_be_at_an_ipv6_address_or_a_unix_socket(
    tmp_path: Path, pods: list[PodFacts], on_consul: StartOnConsul, agent: str
) -> None:
    socket = f"unix://{tmp_path}/consul.sock"
    addresses = {"http": f"127.0.0.1 ::1 {socket}"}
    with Consul(tmp_path, more={"addresses": addresses}) as consul:
        consul.register(pods[0], "shop", *TAGS)
        on_consul("--consul", socket if agent == "unix" else f"http://{agent}")
        assert ask(HOST).pod == "shop-1"
        consul.register(pods[1], "shop", *TAGS)
        eventually(lambda: set(spread(8)) == {"shop-1", "shop-2"}, what="the change")


def test_a_crash_of_consul_costs_nothing_and_what_follows_is_seen(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    # An agent that starts takes each check for critical until it has been made.
    consul.register(pods[0], "shop", *TAGS, Check=None)
    headgate = on_consul()
    with Load(Plan(host=HOST)) as load:
        consul.crash()
        eventually(lambda: source(headgate)["state"] == "degraded", what="the outage")
        time.sleep(1.0)
        consul.start()
        eventually(lambda: source(headgate)["state"] == "live", 30.0, what="the end of the outage")
        consul.register(pods[1], "shop", *TAGS)
        eventually(lambda: set(spread(8)) == {"shop-1", "shop-2"}, what="the change")
    assert load.outcome.failures == []


def test_a_consul_that_has_lost_its_data_costs_no_route(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    headgate = on_consul()
    with Load(Plan(host=HOST)) as load:
        consul.crash()
        consul.wipe()
        consul.start()
        eventually(lambda: source(headgate)["state"] == "live", 30.0, what="the end of the outage")
        time.sleep(2.0)
        consul.register(pods[1], "shop", *TAGS)
        eventually(lambda: "shop-2" in spread(8), what="who has registered anew")
    assert load.outcome.failures == []


def test_a_token_that_is_revoked_costs_no_route_until_it_is_given_back(
    guarded: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    rules = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'
    file = tmp_path / "token"
    file.write_text(guarded.make_token(rules))
    guarded.register(pods[0], "shop", *TAGS)
    headgate = on_consul("--consul-token-file", str(file))
    assert ask(HOST).pod == "shop-1"
    guarded.revoke(file.read_text())
    guarded.register(pods[1], "shop", *TAGS)
    eventually(lambda: source(headgate)["state"] == "degraded", 15.0, what="the refusal")
    assert ask(HOST).pod == "shop-1"
    file.write_text(guarded.make_token(rules))
    eventually(lambda: "shop-2" in spread(8), 20.0, what="the new token")
    eventually(lambda: source(headgate)["state"] == "live", 20.0, what="the end of the alarm")


def test_what_a_token_may_not_see_is_not_taken_for_gone(
    guarded: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    everything = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'
    file.write_text(guarded.make_token(everything))
    guarded.register(pods[0], "shop", *TAGS)
    headgate = on_consul("--consul-token-file", str(file))
    file.write_text(guarded.make_token('service "consul" { policy = "read" }'))
    for number in range(4):
        guarded.register(pods[1], f"noise-{number}")
        guarded.judge(pods[0], "pass")
    guarded.register(pods[0], "shop", *TAGS, "noise")
    eventually(lambda: "filtered" in str(source(headgate)["detail"]), 15.0, what="the alarm")
    assert ask(HOST).pod == "shop-1"


def test_a_headgate_that_starts_while_consul_is_away_serves_what_was_last_known(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    state = ("--state-dir", str(tmp_path / "state"))
    first = on_consul(*state)
    eventually(lambda: list((tmp_path / "state").glob("*.state")), 15.0, what="the state on disk")
    assert first.stop() == 0
    consul.crash()
    second = on_consul(*state)
    assert ask(HOST).pod == "shop-1"
    assert source(second)["state"] == "starting"


def test_a_change_is_in_force_within_milliseconds(
    consul: Consul, pods: list[PodFacts], on_consul: StartOnConsul, figure: Callable[[str], None]
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    on_consul("--workers", "1")
    waits = []
    for number in range(30):
        host = f"h{number}.example.com"
        time.sleep(0.3)
        consul.register(pods[1], "late", "headgate.enable=true", f"headgate.host={host}")
        began = time.monotonic()
        while ask(host).status != 200:
            assert time.monotonic() - began < 5.0
        waits.append((time.monotonic() - began) * 1e3)
    waits.sort()
    figure(f"in force after {waits[15]:.1f} ms, at most {waits[-1]:.1f} ms")
    assert waits[15] < 50.0

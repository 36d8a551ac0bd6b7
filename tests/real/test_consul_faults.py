"""A real Consul, and all that can come between it and Headgate: no route is lost, nothing runs hot."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.agent import Agent
from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import ADDRESS as AGENT
from tests.real.harness.consul import Consul, node, service
from tests.real.harness.far import FAR, FarNetwork
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.node import Node
from tests.real.harness.pod import PodFacts

Figure = Callable[[str], None]
HOST = "shop.example.com"
TAGS = ("headgate.enable=true", f"headgate.host={HOST}")
FAULTS = {
    "429": (429, "Your IP is issuing too many concurrent connections", "text/plain"),
    "500": (500, "No cluster leader", "text/plain"),
    "page": (200, "<html>welcome</html>", "text/html"),
}


@pytest.fixture
def agent(consul: Consul) -> Iterator[Agent]:
    """What Headgate asks in the place of that Consul."""
    with Agent(AGENT) as agent:
        yield agent


def state(headgate: Headgate) -> str:
    """How the source is."""
    [item] = headgate.items("sources")
    return str(item["state"])


@pytest.mark.parametrize("fault", FAULTS)
def test_answers_that_are_none_cost_no_route_and_are_not_asked_for_in_a_hurry(
    consul: Consul, agent: Agent, pods: list[PodFacts], on_consul: StartOnConsul, figure: Figure, fault: str
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    headgate = on_consul(agent=agent.address)
    eventually(lambda: ask(HOST).pod == "shop-1", what="the route")
    with Load(Plan(host=HOST)) as load:
        agent.refuse(*FAULTS[fault])
        eventually(lambda: state(headgate) == "degraded", what="the trouble")
        before = len(agent.paths)
        time.sleep(3.0)
        asked = len(agent.paths) - before
        agent.mend()
        consul.register(pods[1], "shop", *TAGS)
        waited = eventually(lambda: ask(HOST).pod == "shop-2", 16.0, what="the end of it")
    figure(f"{asked} questions in 3 s, recovered {waited:.1f} s after the end; {load.outcome}")
    assert asked <= 12
    assert load.outcome.failures == []


def test_a_slow_agent_makes_changes_late_and_nothing_else(
    consul: Consul, agent: Agent, pods: list[PodFacts], on_consul: StartOnConsul, figure: Figure
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    agent.mend(delay=1.0)
    headgate = on_consul(agent=agent.address)
    eventually(lambda: ask(HOST).pod == "shop-1", what="the route")
    consul.register(pods[1], "shop", *TAGS)
    waited = eventually(lambda: ask(HOST).pod == "shop-2", what="the change")
    figure(f"in force after {waited:.1f} s where each answer takes 1 s")
    assert waited < 3.0
    assert state(headgate) == "live"


def test_a_leader_that_is_lost_costs_nothing(
    node: Node, on_consul: StartOnConsul, tmp_path: Path, figure: Figure, pods: list[PodFacts]
) -> None:
    places = [f"127.0.0.{number}" for number in (1, 2, 3)]
    servers = [Consul(tmp_path, place=place, servers=places) for place in places]
    try:
        for server in servers:
            server.daemon.start()
        for server in servers:
            server.daemon.wait_until(server.is_ready, 60.0)
        led = str(servers[0].get("/v1/status/leader")).partition(":")[0]
        leader = next(server for server in servers if server.place == led)
        others = [server for server in servers if server is not leader]
        others[0].register(pods[0], "shop", *TAGS)
        headgate = on_consul(agent=others[0].address)
        eventually(lambda: ask(HOST).pod == "shop-1", what="the route")
        with Load(Plan(host=HOST)) as load:
            leader.crash()
            began = time.monotonic()
            eventually(lambda: registers(others[1], pods[1]), 60.0, what="another leader")
            eventually(lambda: ask(HOST).pod == "shop-2", 20.0, what="the change")
            waited = time.monotonic() - began
        eventually(lambda: state(headgate) == "live", 20.0, what="the end of it")
        figure(f"a change was in force {waited:.1f} s after the leader's death; {load.outcome}")
        assert load.outcome.failures == []
    finally:
        for server in servers:
            server.daemon.kill()


def registers(server: Consul, pod: PodFacts) -> bool:
    """Whether an instance could be registered, so that all know of it."""
    try:
        server.register(pod, "shop", *TAGS)
        return len(server.get("/v1/health/service/shop?passing")) == 2
    except (OSError, AssertionError):
        return False


def test_a_connection_that_leads_nowhere_is_given_up(
    pods: list[PodFacts], on_consul: StartOnConsul, tmp_path: Path, figure: Figure
) -> None:
    with FarNetwork() as far, Consul(tmp_path, place=FAR, within=far.within) as consul:
        consul.register(pods[0], "shop", *TAGS)
        headgate = on_consul(agent=consul.address)
        eventually(lambda: ask(HOST).pod == "shop-1", what="the route")
        far.cut()
        noticed = eventually(lambda: state(headgate) == "degraded", 40.0, what="the silence")
        assert ask(HOST).pod == "shop-1"
        far.mend()
        waited = eventually(lambda: state(headgate) == "live", 30.0, what="the end of it")
        consul.register(pods[1], "shop", *TAGS)
        eventually(lambda: ask(HOST).pod == "shop-2", what="a change")
        figure(f"noticed after {noticed:.1f} s, live again {waited:.1f} s after the end")
        assert noticed < 30.0


def test_time_that_stands_still_for_headgate_costs_no_route(
    consul: Consul, agent: Agent, pods: list[PodFacts], on_consul: StartOnConsul
) -> None:
    consul.register(pods[0], "shop", *TAGS)
    headgate = on_consul(agent=agent.address)
    eventually(lambda: ask(HOST).pod == "shop-1", what="the route")
    before = len(agent.paths)
    with Load(Plan(host=HOST)) as load:
        headgate.freeze_controller(4.0)
        consul.register(pods[1], "shop", *TAGS)
        eventually(lambda: ask(HOST).pod == "shop-2", what="the change")
    assert load.outcome.failures == []
    assert len(agent.paths) - before <= 8


def test_of_5000_services_100_that_are_routed_cost_100_queries_and_idle_ones_none(
    consul: Consul, agent: Agent, pods: list[PodFacts], on_consul: StartOnConsul, figure: Figure
) -> None:
    consul.record([node("far")])
    routed = [service("far", f"s{number}", named(pods[0], number), *tags(number)) for number in range(100)]
    others = [service("far", f"o{number}", named(pods[0], 1000 + number)) for number in range(4900)]
    consul.record([*routed, *others])
    headgate = on_consul(agent=agent.address)
    assert len(headgate.items("backends")) == 100
    asked = {path for path in agent.paths if path.startswith("/v1/health/")}
    assert len(asked) == 100
    # One at once and one that waits, for each service; for the catalog; and how the agent is.
    assert len(agent.paths) <= 2 * 100 + 2 + 1
    before = len(agent.paths)
    time.sleep(3.0)
    figure(f"{before} questions at the start, {len(agent.paths) - before} in 3 s without a change")
    assert len(agent.paths) == before


def named(pod: PodFacts, number: int) -> PodFacts:
    """The same place under another name."""
    return PodFacts(f"i{number}", pod.address)


def tags(number: int, *more: str) -> tuple[str, ...]:
    """Those of a service with a host of its own."""
    return ("headgate.enable=true", f"headgate.host=h{number}.example.com", *more)

"""Two real datacentres of Consul, joined over a link: the far one serves where the near one has nobody."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.consul import PORTS, Consul
from tests.real.harness.far import FAR, NEAR, FarNetwork
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Load, Plan
from tests.real.harness.pod import PodFacts

HOST = "shop.example.com"
TAGS = ("headgate.enable=true", f"headgate.host={HOST}")
JOINED = {"ports": {**PORTS, "serf_wan": 8302}}


@pytest.fixture
def link() -> Iterator[FarNetwork]:
    """What is between the datacentres."""
    with FarNetwork() as link:
        yield link


@pytest.fixture
def east(tmp_path: Path, link: FarNetwork) -> Iterator[Consul]:
    """The near datacentre."""
    with Consul(tmp_path, place=NEAR, more={**JOINED, "datacenter": "east"}) as east:
        yield east


@pytest.fixture
def west(tmp_path: Path, link: FarNetwork, east: Consul) -> Iterator[Consul]:
    """The far datacentre, which the near one knows."""
    more = {**JOINED, "datacenter": "west", "retry_join_wan": [NEAR], "retry_interval_wan": "1s"}
    with Consul(tmp_path, place=FAR, within=link.within, more=more) as west:
        eventually(lambda: len(east.get("/v1/catalog/datacenters")) == 2, 30.0, "the other datacentre")
        yield west


@pytest.fixture
def shop(
    east: Consul, west: Consul, pods: list[PodFacts], on_consul: StartOnConsul
) -> tuple[PodFacts, Headgate]:
    """The near instance of a service that has a far one too, and a Headgate on the near datacentre."""
    near, far = pods
    east.register(near, "shop", *TAGS)
    west.register(far, "shop", *TAGS)
    both = ("--consul-datacentre", "east", "--consul-datacentre", "west")
    headgate = on_consul(*both, agent=east.address)
    eventually(lambda: len(headgate.items("servers")) == 2 and not trouble(headgate), 20.0, "both")
    return near, headgate


def asked() -> set[str]:
    """Who answers."""
    return {ask(HOST).pod for _ in range(8)}


def trouble(headgate: Headgate) -> str:
    """What is wrong with the source."""
    [item] = headgate.items("sources")
    return str(item["detail"])


def test_the_far_datacentre_serves_while_all_near_instances_are_critical_and_no_longer(
    east: Consul, shop: tuple[PodFacts, Headgate]
) -> None:
    near, _ = shop
    with Load(Plan(host=HOST, rate=200.0)) as load:
        assert asked() == {"shop-1"}
        east.judge(near, "fail")
        eventually(lambda: asked() == {"shop-2"}, what="the far one")
        east.judge(near, "pass")
        eventually(lambda: asked() == {"shop-1"}, what="the near one")
    assert load.outcome.failures == []


def test_a_link_that_is_cut_costs_neither_the_near_instances_nor_what_is_known_of_the_far_ones(
    east: Consul,
    west: Consul,
    link: FarNetwork,
    shop: tuple[PodFacts, Headgate],
    figure: Callable[[str], None],
) -> None:
    near, headgate = shop
    with Load(Plan(host=HOST, rate=200.0)) as load:
        link.cut()
        east.judge(near, "fail")
        waited = eventually(lambda: asked() == {"shop-2"}, what="the far one, as it was known")
        noticed = eventually(lambda: "west" in trouble(headgate), 90.0, "the trouble")
        assert "east" not in trouble(headgate)
        east.judge(near, "pass")
        eventually(lambda: asked() == {"shop-1"}, what="the near one")
        link.mend()
        recovered = eventually(lambda: not trouble(headgate), 90.0, "the end of it")
    figure(
        f"a near change took {waited * 1e3:.0f} ms, the cut was noticed after {noticed:.0f} s, "
        f"its end after {recovered:.0f} s; {load.outcome}"
    )
    assert load.outcome.failures == []

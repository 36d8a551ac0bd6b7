"""Which datacentres serve."""

import pytest

from discovery.consul.instance import Instance
from discovery.consul.servers import rank_servers
from tests.unit.consul.conftest import instance


def group(start: int, *weights: int, held: int = 0) -> list[Instance]:
    return [
        instance(f"i{start + number}", at=f"10.0.0.{start + number}", weight=weight, held=held)
        for number, weight in enumerate(weights)
    ]


@pytest.mark.parametrize(
    ("groups", "tiers"),
    [
        ([group(1, 1, 1), group(11, 1)], {1: 0, 2: 0, 11: 1}),
        ([group(1, 0, 0), group(11, 1)], {11: 1}),
        ([group(1, 1), [], group(21, 1)], {1: 0, 21: 2}),
        ([], {}),
        ([group(1, 0)], {}),
        # Who is well elsewhere is better than who is held back here.
        ([group(1, 0, held=1), group(11, 1)], {1: 2, 11: 1}),
        ([group(1, 0, held=1)], {1: 1}),
    ],
)
def test_each_datacentre_is_a_tier_and_who_is_held_back_comes_last(
    groups: list[list[Instance]], tiers: dict[int, int]
) -> None:
    ranked = rank_servers(groups)
    assert {int(server.host.rpartition(".")[2]): server.tier for server in ranked} == tiers


def test_an_instance_that_is_registered_twice_is_one_server() -> None:
    twice = [instance("a", weight=2), instance("b", weight=5)]
    [server] = rank_servers([twice, [instance("c", weight=9)]])
    assert (server.weight, server.name, server.tier) == (5, "n1/b", 0)


def test_an_instance_to_which_nobody_can_connect_is_no_server() -> None:
    assert rank_servers([[instance(fault="has port 0")]]) == ()

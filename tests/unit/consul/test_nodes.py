"""More services than there can be loops, on fewer nodes: each node tells what is new on it."""

import asyncio
from functools import partial

import pytest

from discovery.consul.marks import Offers
from discovery.consul.registry import RegistryOptions
from tests.unit.consul.conftest import World, quick, settle
from tests.unit.consul.fake_consul import NODE
from tests.unit.consul.patience import run
from tests.unit.consul.test_sweep import MANY, MOST, PASSING, health, tags

NAMES = ("n1", "n2", "n3")
OPEN = 1 + 2 + 1 + MOST
"""Questions that wait: for the catalog, for the checks that warn or fail, for the names of the nodes, and for
the nodes and who has one of the loops that are left."""


@pytest.fixture
def machines(world: World) -> World:
    """A dozen services on three nodes, where five may have loops."""
    world.most_loops = MOST
    world.timings = quick(round=1000.0, wait=0.5)
    world.consul.nodes = list(NAMES)
    for number in range(MANY):
        put(world, number)
    return world


def put(world: World, number: int, host: str = "10.0.1", *, checked: bool = True) -> None:
    """An instance of a service."""
    node, address = NAMES[number % 3], f"{host}.{number}"
    world.consul.put(
        f"i{number}", f"s{number}", address=address, tags=tags(number), node=node, checked=checked
    )


def watched(world: World) -> set[str]:
    """The nodes of which somebody waits for news."""
    asked = {path for path, query, _ in world.consul.requests if "index" in query}
    return {path.removeprefix(NODE) for path in asked if path.startswith(NODE)}


def serves(world: World, service: str, *servers: str) -> bool:
    """Whether these are the servers of a service."""
    return world.servers(service) == list(servers)


async def calm(world: World) -> None:
    """Each node has its question, and nobody waits for the checks that pass."""
    await world.until(lambda: watched(world) == set(world.consul.nodes))
    world.consul.touch()
    await world.until(lambda: world.consul.open == OPEN)


def test_whatever_changes_of_an_instance_is_known_at_once_without_a_look_at_all_checks(
    machines: World,
) -> None:
    async def play() -> None:
        async with machines.running():
            await calm(machines)
            before = len(machines.consul.asked(PASSING))
            for number in range(MANY):
                machines.consul.move(f"i{number}", f"s{number}", 81)
                await machines.until(partial(serves, machines, f"s{number}", f"10.0.1.{number}:81"))
            assert len(machines.consul.asked(PASSING)) == before
            assert machines.table.problems() == ()

    run(play())


def test_only_the_service_that_has_changed_is_asked_for(machines: World) -> None:
    async def play() -> None:
        machines.timings = quick(round=1000.0)
        async with machines.running():
            await calm(machines)
            await settle()
            before = {number: len(machines.consul.asked(health(number))) for number in range(MANY)}
            put(machines, 4, "10.0.2")
            await machines.until(lambda: machines.servers("s4") == ["10.0.2.4:80"])
            await settle()
            after = {number: len(machines.consul.asked(health(number))) for number in range(MANY)}
            assert {number for number in range(MANY) if after[number] != before[number]} == {4}

    run(play())


def test_an_instance_that_comes_or_goes_is_noticed_also_without_checks(machines: World) -> None:
    async def play() -> None:
        async with machines.running():
            await calm(machines)
            machines.consul.put("new", "s3", address="10.0.2.3", tags=tags(3), node="n2", checked=False)
            await machines.until(lambda: len(machines.servers("s3")) == 2)
            machines.consul.drop("i3", "s3")
            await machines.until(lambda: machines.servers("s3") == ["10.0.2.3:80"])

    run(play())


def test_a_check_that_fails_is_noticed(machines: World) -> None:
    async def play() -> None:
        async with machines.running():
            await calm(machines)
            machines.consul.put("i5", "s5", tags=tags(5), status="critical", node="n3")
            await machines.until(lambda: machines.servers("s5") == [])

    run(play())


def test_a_new_node_is_watched_too(machines: World) -> None:
    async def play() -> None:
        async with machines.running():
            await calm(machines)
            machines.consul.add_node("n4")
            machines.consul.put("new", "s3", address="10.0.2.3", tags=tags(3), node="n4")
            await machines.until(lambda: len(machines.servers("s3")) == 2)
            await machines.until(lambda: "n4" in watched(machines))
            machines.consul.move("new", "s3", 81)
            await machines.until(lambda: "10.0.2.3:81" in machines.servers("s3"))

    run(play())


def test_with_too_many_nodes_it_is_all_checks_again_and_no_more_questions_than_before(
    machines: World,
) -> None:
    async def play() -> None:
        async with machines.running():
            await calm(machines)
            most = 0
            for number in range(4, 20):
                machines.consul.add_node(f"n{number}")
                await asyncio.sleep(0.05)
                most = max(most, machines.consul.open)
            for number in range(MANY):
                put(machines, number, "10.0.2")
            last = {f"s{number}": [f"10.0.2.{number}:80"] for number in range(MANY)}
            await machines.until(lambda: {name: machines.servers(name) for name in last} == last)
            assert most <= OPEN + 1

    run(play())


def test_of_a_node_only_what_differs_is_news() -> None:
    offers = Offers()
    one = b'"a":{"ID":"a","Service":"s","ModifyIndex":5}'
    other = b'"b":{"ID":"b","Service":"t","ModifyIndex":7}'
    assert offers.take(b'{"Node":{},"Services":{%b,%b}}' % (one, other)) == {"s": 5, "t": 7}
    assert offers.take(b'{"Node":{},"Services":{%b,%b}}' % (other, one)) == {}
    assert offers.take(b'{"Node":{},"Services":{%b}}' % other.replace(b"7", b"9")) == {"s": 0, "t": 9}
    assert offers.take(b'{"Node":{},"Services":{}}') == {"t": 0}


def test_a_node_that_is_not_there_is_not_taken_for_one_without_services() -> None:
    with pytest.raises(ValueError, match="no such node"):
        Offers().take(b"null")


def test_a_peered_cluster_is_followed_by_its_checks(machines: World) -> None:
    async def play() -> None:
        machines.registry = RegistryOptions("consul", datacentres=("peer:east",))
        async with machines.running():
            await machines.until(lambda: len(machines.consul.asked(PASSING)) > 1)
            put(machines, 4, "10.0.2")
            await machines.until(lambda: machines.servers("s4") == ["10.0.2.4:80"])
            assert watched(machines) == set()

    run(play())

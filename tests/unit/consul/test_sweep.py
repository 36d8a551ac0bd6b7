"""More services than there can be loops: one question for all checks, and others where they changed."""

import asyncio

import pytest

from tests.unit.consul.conftest import World, quick
from tests.unit.consul.patience import run

ANY = "/v1/health/state/any"
MANY = 12


def health(number: int) -> str:
    return f"/v1/health/service/s{number}"


def tags(number: int) -> tuple[str, ...]:
    return ("headgate.enable=true", f"headgate.host=h{number}.org")


@pytest.fixture
def crowd(world: World) -> World:
    """A dozen services where five may have loops."""
    world.most_loops = 5
    world.timings = quick(round=30.0)
    for number in range(MANY):
        world.consul.put(f"i{number}", f"s{number}", address=f"10.0.1.{number}", tags=tags(number))
    return world


async def calm(crowd: World) -> None:
    """All that there is to ask has been asked."""
    await crowd.until(lambda: crowd.consul.open == 2 and len(crowd.consul.asked(ANY)) > 1)
    await asyncio.sleep(0.05)
    await crowd.until(lambda: crowd.consul.open == 2)


def test_all_services_are_known_over_two_connections(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            assert len(crowd.hosts()) == MANY
            await crowd.until(lambda: crowd.consul.open == 2)
            assert len(crowd.consul.asked(ANY)) == 2

    run(play())


def test_only_the_service_whose_checks_changed_is_asked_for(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            await calm(crowd)
            before = len(crowd.consul.asked(health(3))), len(crowd.consul.asked(health(4)))
            crowd.consul.put("i3", "s3", address="10.0.1.3", tags=tags(3), status="critical")
            await crowd.until(lambda: crowd.servers("s3") == [])
            assert len(crowd.consul.asked(health(3))) == before[0] + 1
            assert len(crowd.consul.asked(health(4))) == before[1]

    run(play())


def test_an_instance_that_comes_or_goes_is_noticed(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            crowd.consul.put("new", "s3", address="10.0.2.3", tags=tags(3))
            await crowd.until(lambda: len(crowd.servers("s3")) == 2)
            crowd.consul.drop("i3", "s3")
            await crowd.until(lambda: crowd.servers("s3") == ["10.0.2.3:80"])

    run(play())


def test_a_change_of_a_node_concerns_all_services_on_it(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            await calm(crowd)
            before = len(crowd.consul.asked(health(0)))
            crowd.consul.node_index += 1
            crowd.consul.touch()
            await crowd.until(lambda: len(crowd.consul.asked(health(0))) > before)

    run(play())


def test_a_service_without_checks_is_asked_for_when_anything_is_registered(crowd: World) -> None:
    async def play() -> None:
        crowd.consul.put("i3", "s3", tags=tags(3), checked=False)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == 2)
            crowd.consul.put("new", "s3", address="10.0.2.3", tags=tags(3), checked=False)
            await crowd.until(lambda: len(crowd.servers("s3")) == 2)

    run(play())


def test_what_leaves_no_mark_is_found_in_time(crowd: World) -> None:
    async def play() -> None:
        crowd.timings = quick(round=0.3)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == 2)
            crowd.consul.move("i3", "s3", 81)
            await crowd.until(lambda: crowd.servers("s3") == ["10.0.1.3:81"])

    run(play())


def test_a_service_that_cannot_be_read_does_not_hold_up_the_others(crowd: World) -> None:
    async def play() -> None:
        crowd.consul.refused = {f"s{number}" for number in range(9)}
        async with crowd.running():
            assert len(crowd.hosts()) == MANY - 9
            crowd.consul.refused = set()
            await crowd.until(lambda: len(crowd.hosts()) == MANY)

    run(play())


def test_loops_and_sweep_take_over_from_each_other_without_a_gap(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            for number in range(2, MANY):
                crowd.consul.drop(f"i{number}", f"s{number}")
            await crowd.until(lambda: len(crowd.hosts()) == 2)
            await crowd.until(lambda: crowd.consul.open == 3)
            assert crowd.servers("s0") == ["10.0.1.0:80"]
            for number in range(2, MANY):
                crowd.consul.put(f"i{number}", f"s{number}", address=f"10.0.1.{number}", tags=tags(number))
            await crowd.until(lambda: len(crowd.hosts()) == MANY)
            await crowd.until(lambda: crowd.consul.open == 2)

    run(play())

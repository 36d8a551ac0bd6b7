"""More services than there can be loops: one question for all checks, and others where they changed."""

import asyncio

import pytest

from discovery.consul.follower import LIMIT
from tests.unit.consul.conftest import World, quick, settle
from tests.unit.consul.patience import run

PASSING = "/v1/health/state/passing"
MANY = 12
MOST = 5
OPEN = 1 + 3 + 1 + MOST
"""Questions that wait: for the catalog, the checks of each state, the nodes, and for who has a loop."""


def health(number: int) -> str:
    return f"/v1/health/service/s{number}"


def tags(number: int) -> tuple[str, ...]:
    return ("headgate.enable=true", f"headgate.host=h{number}.org")


@pytest.fixture
def crowd(world: World) -> World:
    """A dozen services where five may have loops, and as many nodes: too many to watch each."""
    world.most_loops = MOST
    world.timings = quick(round=30.0)
    world.consul.nodes = [f"n{number}" for number in range(MANY)]
    for number in range(MANY):
        world.consul.put(f"i{number}", f"s{number}", address=f"10.0.1.{number}", tags=tags(number))
    return world


async def calm(crowd: World) -> None:
    """All that there is to ask has been asked."""
    await crowd.until(lambda: crowd.consul.open == OPEN and len(crowd.consul.asked(PASSING)) > 1)
    await settle()
    await crowd.until(lambda: crowd.consul.open == OPEN)


def has_loop(crowd: World, number: int) -> bool:
    return any("index" in query for query in crowd.consul.asked(health(number)))


def has_left(crowd: World, number: int) -> bool:
    return has_loop(crowd, number) and "index" not in crowd.consul.asked(health(number))[-1]


def without_loop(crowd: World) -> int:
    return next(number for number in range(MANY) if not has_loop(crowd, number))


def test_all_services_are_known_over_few_connections_and_the_limit_to_raise_is_named(
    crowd: World,
) -> None:
    async def play() -> None:
        async with crowd.running():
            assert len(crowd.hosts()) == MANY
            await crowd.until(lambda: crowd.consul.open == OPEN)
            assert len(crowd.consul.asked(PASSING)) == 2
            assert sum(has_loop(crowd, number) for number in range(MANY)) == MOST
            await crowd.until(crowd.table.problems)
            [problem] = crowd.table.problems()
            start = f"settings consul: {LIMIT}: more than {MOST} services have routes, on too many nodes"
            assert str(problem).startswith(start)

    run(play())


def test_only_the_service_whose_checks_changed_is_asked_for(crowd: World) -> None:
    async def play() -> None:
        async with crowd.running():
            await calm(crowd)
            one = without_loop(crowd)
            before = {number: len(crowd.consul.asked(health(number))) for number in range(MANY)}
            crowd.consul.put(f"i{one}", f"s{one}", tags=tags(one), status="critical")
            await crowd.until(lambda: crowd.servers(f"s{one}") == [])
            await settle()
            # When the answer came, and once more as what was gone from one state might be gone for good.
            assert 1 <= len(crowd.consul.asked(health(one))) - before.pop(one) <= 3
            assert all(len(crowd.consul.asked(health(number))) == times for number, times in before.items())

    run(play())


def test_a_service_that_has_changed_gets_a_loop_and_then_all_changes_of_it_are_known_at_once(
    crowd: World,
) -> None:
    async def play() -> None:
        crowd.timings = quick(round=1000.0, wait=0.5)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == OPEN)
            one = without_loop(crowd)
            crowd.consul.put(f"i{one}", f"s{one}", address="10.0.2.1", tags=tags(one))
            await crowd.until(lambda: has_loop(crowd, one))
            # Who had to leave for it is looked at once more: it was passed over while it had a loop.
            await crowd.until(lambda: any(has_left(crowd, number) for number in range(MANY)))
            crowd.consul.move(f"i{one}", f"s{one}", 81)
            await crowd.until(lambda: crowd.servers(f"s{one}") == ["10.0.2.1:81"])

    run(play())


def test_what_changes_while_a_loop_ends_is_not_missed(crowd: World) -> None:
    async def play() -> None:
        crowd.timings = quick(round=1000.0, wait=0.05)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == OPEN)
            for turn in range(60):
                number, address = turn % MANY, f"10.0.2.{turn}"
                crowd.consul.put(f"i{number}", f"s{number}", address=address, tags=tags(number))
                await asyncio.sleep(0.007)
            last = {f"s{number}": [f"10.0.2.{48 + number}:80"] for number in range(MANY)}
            await crowd.until(lambda: {name: crowd.servers(name) for name in last} == last)

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
            one = without_loop(crowd)
            before = len(crowd.consul.asked(health(one)))
            crowd.consul.node_index += 1
            crowd.consul.touch()
            await crowd.until(lambda: len(crowd.consul.asked(health(one))) > before)

    run(play())


def test_a_service_without_checks_is_asked_for_when_anything_is_registered(crowd: World) -> None:
    async def play() -> None:
        crowd.consul.put("i3", "s3", tags=tags(3), checked=False)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == OPEN)
            crowd.consul.put("new", "s3", address="10.0.2.3", tags=tags(3), checked=False)
            await crowd.until(lambda: len(crowd.servers("s3")) == 2)

    run(play())


def test_what_leaves_no_mark_is_found_in_time(crowd: World) -> None:
    async def play() -> None:
        crowd.timings = quick(round=0.3)
        async with crowd.running():
            await crowd.until(lambda: crowd.consul.open == OPEN)
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
            await crowd.until(lambda: crowd.consul.open == OPEN)

    run(play())

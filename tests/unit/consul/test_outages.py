"""No failure of Consul removes a route, and nothing is asked in a hurry."""

import asyncio

import pytest

from discovery.consul.registry import RegistryOptions
from discovery.source import SourceState
from tests.unit.consul.conftest import World, quick, settle
from tests.unit.consul.fake_consul import Fault, hang, page, refuse, reset
from tests.unit.consul.patience import run


@pytest.mark.parametrize(
    "fault", [refuse(500, "No cluster leader"), refuse(429), refuse(403, "ACL not found"), page, reset]
)
def test_no_failure_removes_a_route_and_it_is_not_asked_in_a_hurry(world: World, fault: Fault) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.fault = fault
            before = len(world.consul.requests)
            world.consul.wake()
            await world.until(lambda: world.status.state == SourceState.DEGRADED)
            await asyncio.sleep(0.3)
            assert world.servers() == ["10.0.0.1:80"]
            # Two loops, with the waits between failures that the timings say.
            assert len(world.consul.requests) - before < 40
            world.consul.fault = None
            world.consul.put("web-2", address="10.0.0.2")
            await world.until(lambda: len(world.servers()) == 2)
            await world.until(lambda: world.status.state == SourceState.LIVE)

    run(play())


def test_an_agent_that_hangs_is_given_up(world: World) -> None:
    async def play() -> None:
        world.timings = quick(wait=0.1, late=0.1, answer=0.1)
        world.consul.put()
        async with world.running():
            world.consul.fault = hang
            world.consul.wake()
            await world.until(lambda: "no answer in time" in world.status.detail)
            assert world.servers() == ["10.0.0.1:80"]
            world.consul.fault = None
            await world.until(lambda: world.status.state == SourceState.LIVE)

    run(play())


def test_the_clock_of_the_wall_may_jump(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            for clock in (2_000_000_000.0, 5.0, 1_000_000.0):
                world.clock = clock
                before = len(world.consul.requests)
                world.consul.put("web-2", address="10.0.0.2", port=int(clock) % 1000 + 1)
                await world.until(lambda: world.status.last_contact == world.clock)
                await settle()
                assert len(world.servers()) == 2
                assert len(world.consul.requests) - before < 6

    run(play())


def test_an_outage_is_a_line_in_the_log_however_many_services_there_are(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        for number in range(20):
            world.consul.put(f"s-{number}", f"s{number}")
        async with world.running():
            world.consul.fault = refuse(500, "No cluster leader")
            world.consul.wake()
            await world.until(lambda: "21 of 21" in world.status.detail or "20 of 20" in world.status.detail)
            lines = [line for line in caplog.messages if "No cluster leader" in line]
            assert len(lines) == 1

    run(play())


def test_the_next_agent_is_asked_where_one_does_not_answer(world: World) -> None:
    async def play() -> None:
        world.agents = 2
        world.consul.put()
        world.other.put(address="10.0.0.7")
        world.other.index = 500
        async with world.running():
            assert world.other.requests == []
            world.consul.fault = refuse(500)
            world.consul.wake()
            await world.until(lambda: world.servers() == ["10.0.0.7:80"])
            await world.until(lambda: world.status.state == SourceState.LIVE)

    run(play())


def test_an_agent_is_not_left_for_what_is_wrong_with_another_datacentre(world: World) -> None:
    async def play() -> None:
        world.agents = 2
        world.registry = RegistryOptions("consul", ("east", "west"))
        world.consul.put()
        world.consul.unreachable = {"west"}
        async with world.running():
            await asyncio.sleep(0.2)
            assert world.other.requests == []

    run(play())


def test_a_source_that_cannot_be_reached_does_not_sync(world: World) -> None:
    async def play() -> None:
        world.consul.fault = refuse(500, "No cluster leader")
        async with world.running(synced=False):
            await world.until(lambda: "No cluster leader" in world.status.detail)
            await asyncio.sleep(0.5)
            assert not world.is_synced
            world.consul.fault = None
            await world.until(lambda: world.is_synced)

    run(play())


def test_a_datacentre_that_fails_does_not_hold_up_the_others_for_ever(world: World) -> None:
    async def play() -> None:
        world.registry = RegistryOptions("consul", ("east", "west"))
        world.consul.put()
        world.consul.unreachable = {"west"}
        async with world.running():
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: "catalog in west: degraded" in world.status.detail)

    run(play())

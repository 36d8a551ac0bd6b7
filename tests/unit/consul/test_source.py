"""Consul as a source, against a Consul in this process."""

import asyncio
from pathlib import Path

import pytest

from discovery.assemble import Assembly
from discovery.consul.credentials import Credentials
from discovery.consul.declare import Asked, Surroundings, declare
from discovery.consul.election import Outcome
from discovery.consul.flaps import Damping
from discovery.consul.registry import RegistryOptions
from discovery.source import SourceState
from ingress.model.route import Origin
from tests.unit.consul.conftest import World, quick
from tests.unit.consul.fake_consul import TAGS, FakeConsul, Fault, hang, page, refuse, reset

HEALTH = "/v1/health/service/web"
CATALOG = "/v1/catalog/services"


async def settle() -> None:
    """Time in which something could go wrong."""
    await asyncio.sleep(0.1)


def test_a_change_is_in_force_without_polling(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            assert world.servers() == ["10.0.0.1:80"]
            world.consul.put("web-2", address="10.0.0.2")
            await world.until(lambda: len(world.servers()) == 2)
            world.consul.put("web-1", status="critical")
            await world.until(lambda: world.servers() == ["10.0.0.2:80"])
            world.consul.drop("web-1")
            world.consul.drop("web-2")
            await world.until(lambda: world.hosts() == [])

    asyncio.run(play())


def test_an_answer_out_of_a_stream_is_as_good_as_any(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.put(address="10.0.0.2")
            await world.until(lambda: world.servers() == ["10.0.0.2:80"])
            await world.until(lambda: world.status.state == SourceState.LIVE)
            assert all("stale" in query for query in world.consul.asked(HEALTH))

    asyncio.run(play())


def test_only_services_with_our_tags_are_asked_for_and_each_by_one_question(world: World) -> None:
    async def play() -> None:
        for number in range(50):
            world.consul.put(f"db-{number}", f"db{number}", tags=("primary",))
        world.consul.put()
        async with world.running():
            await settle()
            paths = [path for path, _, _ in world.consul.requests]
            assert set(paths) == {CATALOG, HEALTH}
            # One at once, and one that waits.
            assert len(paths) == 4

    asyncio.run(play())


def test_a_service_that_appears_is_followed(world: World) -> None:
    async def play() -> None:
        async with world.running():
            assert world.hosts() == []
            world.consul.put()
            await world.until(lambda: world.hosts() == ["www.example.com"])

    asyncio.run(play())


def test_a_service_that_loses_its_tags_is_not_routed_any_more(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.put(tags=())
            await world.until(lambda: world.hosts() == [])
            await world.until(lambda: world.consul.open == 1)

    asyncio.run(play())


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

    asyncio.run(play())


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

    asyncio.run(play())


def test_what_a_token_may_not_see_any_more_is_not_gone(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.hidden = {"web"}
            world.consul.touch()
            world.consul.touch("web")
            await world.until(lambda: "filtered" in world.status.detail)
            await settle()
            assert world.servers() == ["10.0.0.1:80"]
            assert world.hosts() == ["www.example.com"]
            world.consul.hidden = set()
            world.consul.put(status="critical")
            await world.until(lambda: world.servers() == [])
            assert world.hosts() == ["www.example.com"]

    asyncio.run(play())


def test_a_service_that_the_catalog_hides_goes_when_its_own_answer_says_so(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        async with world.running():
            world.consul.unlisted = {"web"}
            world.consul.touch()
            await settle()
            assert world.hosts() == ["b.example.com", "www.example.com"]
            world.consul.drop("web-1")
            await world.until(lambda: world.hosts() == ["b.example.com"])

    asyncio.run(play())


def test_a_consul_that_lost_its_data_is_believed_after_a_while(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.wipe()
            await asyncio.sleep(0.15)
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: world.hosts() == [])

    asyncio.run(play())


def test_after_a_restart_too_a_consul_that_lost_its_data_is_believed_after_a_while(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.table.take_changes()
            state = world.table.state()
        world.table = Assembly(("consul",))
        world.table.restore(state)
        world.consul = FakeConsul()
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        async with world.running():
            assert world.hosts() == ["b.example.com", "www.example.com"]
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: world.hosts() == ["b.example.com"])

    asyncio.run(play())


def test_what_is_read_later_than_the_rest_is_believed_then(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        async with world.running():
            world.table.take_changes()
            state = world.table.state()
        world.table = Assembly(("consul",))
        world.table.restore(state)
        world.consul = FakeConsul()
        world.consul.put(tags=("headgate.enable=true", "headgate.host=new.example.com"))
        world.consul.refused = {"web"}
        async with world.running():
            await settle()
            assert "www.example.com" in world.hosts()
            world.consul.refused = set()
            await world.until(lambda: world.hosts() == ["new.example.com"])

    asyncio.run(play())


def test_a_flapping_instance_is_held_back_for_a_while(world: World) -> None:
    async def play() -> None:
        world.damping = Damping(free=1, first=0.2, longest=0.2)
        world.consul.put("web-0", address="10.0.0.9")
        world.consul.put()
        async with world.running():
            for _ in range(2):
                world.consul.put(status="critical")
                await world.until(lambda: world.servers() == ["10.0.0.9:80"])
                assert world.table.problems() == ()
                world.consul.put()
                await world.until(
                    lambda: world.servers() == ["10.0.0.1:80", "10.0.0.9:80"] or problems(world)
                )
            assert world.servers() == ["10.0.0.9:80"]
            assert "web-1 on node n1 flaps" in problems(world)[0]
            await world.until(lambda: world.servers() == ["10.0.0.1:80", "10.0.0.9:80"])
            assert problems(world) == []

    asyncio.run(play())


def problems(world: World) -> list[str]:
    return [problem.reason for problem in world.table.problems()]


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

    asyncio.run(play())


def test_a_peered_cluster_is_asked_for_by_its_own_name(world: World) -> None:
    async def play() -> None:
        world.registry = RegistryOptions("consul", ("", "peer:far"))
        world.consul.put()
        async with world.running():
            asked = world.consul.asked(HEALTH)
            assert {query.get("peer", "") for query in asked} == {"", "far"}
            assert all("dc" not in query for query in asked)

    asyncio.run(play())


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

    asyncio.run(play())


def test_who_registers_again_in_the_meantime_is_never_missed(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        async with world.running():
            world.consul.wipe()
            await asyncio.sleep(0.1)
            world.consul.put(address="10.0.0.5")
            await world.until(lambda: world.servers() == ["10.0.0.5:80"])
            assert "www.example.com" in world.hosts()
            await world.until(lambda: world.hosts() == ["www.example.com"])

    asyncio.run(play())


def test_an_index_that_moves_without_a_change_is_neither_told_nor_followed_in_a_hurry(world: World) -> None:
    async def play() -> None:
        world.timings = quick(burst=3, slowing=(0.05, 0.2))
        world.consul.put()
        async with world.running():
            world.table.take_changes()
            before = len(world.consul.asked(HEALTH))
            for _ in range(100):
                world.consul.touch("web")
                await asyncio.sleep(0.003)
            assert len(world.consul.asked(HEALTH)) - before < 12
            assert world.table.take_changes() == []

    asyncio.run(play())


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

    asyncio.run(play())


def test_an_agent_is_not_left_for_what_is_wrong_with_another_datacentre(world: World) -> None:
    async def play() -> None:
        world.agents = 2
        world.registry = RegistryOptions("consul", ("east", "west"))
        world.consul.put()
        world.consul.unreachable = {"west"}
        async with world.running():
            await asyncio.sleep(0.2)
            assert world.other.requests == []

    asyncio.run(play())


def test_a_source_that_cannot_be_reached_does_not_sync(world: World) -> None:
    async def play() -> None:
        world.consul.fault = refuse(500, "No cluster leader")
        async with world.running(synced=False):
            await world.until(lambda: "No cluster leader" in world.status.detail)
            await asyncio.sleep(0.5)
            assert not world.is_synced
            world.consul.fault = None
            await world.until(lambda: world.is_synced)

    asyncio.run(play())


def test_a_datacentre_that_fails_does_not_hold_up_the_others_for_ever(world: World) -> None:
    async def play() -> None:
        world.registry = RegistryOptions("consul", ("east", "west"))
        world.consul.put()
        world.consul.unreachable = {"west"}
        async with world.running():
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: "catalog in west: degraded" in world.status.detail)

    asyncio.run(play())


def test_a_service_that_does_not_exist_is_missed_once_all_are_known(world: World) -> None:
    async def play() -> None:
        world.consul.put(tags=(*TAGS, "headgate.use-backend=blog"))
        async with world.running():
            [problem] = world.table.problems()
            assert "no service blog" in problem.reason

    asyncio.run(play())


def test_the_token_of_now_is_shown(world: World, tmp_path: Path) -> None:
    async def play() -> None:
        file = tmp_path / "token"
        file.write_text("one\n")
        world.credentials = Credentials(token_file=str(file))
        world.consul.put()
        async with world.running():
            assert {token for _, _, token in world.consul.requests} == {"one"}
            file.write_text("")
            world.consul.touch("web")
            file.write_text("two\n")
            world.consul.touch("web")
            await world.until(lambda: world.consul.requests[-1][2] == "two")
            assert {token for _, _, token in world.consul.requests} == {"one", "two"}

    asyncio.run(play())


def test_questions_are_stale_and_bounded(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            await world.until(lambda: len(world.consul.asked(HEALTH)) == 2)
            first, second = world.consul.asked(HEALTH)
            assert first == {"stale": "1"}
            assert second == {"stale": "1", "index": "101", "wait": "18000ms"}

    asyncio.run(play())


def test_a_fault_in_one_service_does_not_end_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def break_one(outcome: Outcome, origin: Origin, around: Surroundings) -> Asked:
        if origin.name == "bad":
            raise RuntimeError("a fault of ours")
        return declare(outcome, origin, around)

    monkeypatch.setattr("discovery.consul.registry.declare", break_one)

    async def play() -> None:
        world.consul.put("bad-1", "bad")
        world.consul.put()
        async with world.running():
            await world.until(lambda: world.servers() == ["10.0.0.1:80"])
            assert "a fault of ours" in caplog.text

    asyncio.run(play())

"""Consul as a source, against a Consul in this process: what is followed, and how it is asked for."""

import asyncio
from pathlib import Path

import pytest

from discovery.consul.credentials import Credentials
from discovery.consul.declare import Asked, Surroundings, declare
from discovery.consul.election import Outcome
from discovery.consul.flaps import Damping
from discovery.consul.registry import RegistryOptions
from discovery.source import SourceState
from ingress.model.route import Origin
from tests.unit.consul.conftest import World, quick, settle
from tests.unit.consul.fake_consul import TAGS
from tests.unit.consul.patience import run

CATALOG = "/v1/catalog/services"
HEALTH = "/v1/health/service/web"


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

    run(play())


def test_an_answer_out_of_a_stream_is_as_good_as_any(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.put(address="10.0.0.2")
            await world.until(lambda: world.servers() == ["10.0.0.2:80"])
            await world.until(lambda: world.status.state == SourceState.LIVE)
            assert all("stale" in query for query in world.consul.asked(HEALTH))

    run(play())


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

    run(play())


def test_a_service_that_appears_is_followed(world: World) -> None:
    async def play() -> None:
        async with world.running():
            assert world.hosts() == []
            world.consul.put()
            await world.until(lambda: world.hosts() == ["www.example.com"])

    run(play())


def test_a_service_that_loses_its_tags_is_not_routed_any_more(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.put(tags=())
            await world.until(lambda: world.hosts() == [])
            await world.until(lambda: world.consul.open == 1)

    run(play())


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

    run(play())


def problems(world: World) -> list[str]:
    return [problem.reason for problem in world.table.problems()]


def test_a_peered_cluster_is_asked_for_by_its_own_name(world: World) -> None:
    async def play() -> None:
        world.registry = RegistryOptions("consul", ("", "peer:far"))
        world.consul.put()
        async with world.running():
            asked = world.consul.asked(HEALTH)
            assert {query.get("peer", "") for query in asked} == {"", "far"}
            assert all("dc" not in query for query in asked)

    run(play())


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

    run(play())


def test_a_service_that_does_not_exist_is_missed_once_all_are_known(world: World) -> None:
    async def play() -> None:
        world.consul.put(tags=(*TAGS, "headgate.use-backend=blog"))
        async with world.running():
            [problem] = world.table.problems()
            assert "no service blog" in problem.reason

    run(play())


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

    run(play())


def test_questions_are_stale_and_bounded(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            await world.until(lambda: len(world.consul.asked(HEALTH)) == 2)
            first, second = world.consul.asked(HEALTH)
            assert first == {"stale": "1"}
            assert second == {"stale": "1", "index": "101", "wait": "18000ms"}

    run(play())


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

    run(play())

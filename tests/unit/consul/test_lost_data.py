"""What an answer does not name is not gone at once, where the answer may lack what is there."""

import asyncio

from discovery.assemble import Assembly
from tests.unit.consul.conftest import World, settle
from tests.unit.consul.fake_consul import FakeConsul
from tests.unit.consul.patience import run


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

    run(play())


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

    run(play())


def test_a_consul_that_lost_its_data_is_believed_after_a_while(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        async with world.running():
            world.consul.wipe()
            await asyncio.sleep(0.15)
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: world.hosts() == [])

    run(play())


async def lose_everything_over_a_restart(world: World) -> None:
    """Headgate has known what there is, and starts again; Consul has lost it."""
    async with world.running():
        world.table.take_changes()
        state = world.table.state()
    world.table = Assembly(("consul",))
    world.table.restore(state)
    world.consul = FakeConsul()


def test_after_a_restart_too_a_consul_that_lost_its_data_is_believed_after_a_while(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        await lose_everything_over_a_restart(world)
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        async with world.running():
            assert world.hosts() == ["b.example.com", "www.example.com"]
            assert world.servers() == ["10.0.0.1:80"]
            await world.until(lambda: world.hosts() == ["b.example.com"])

    run(play())


def test_what_is_read_later_than_the_rest_is_believed_then(world: World) -> None:
    async def play() -> None:
        world.consul.put()
        world.consul.put("b-1", "b", tags=("headgate.enable=true", "headgate.host=b.example.com"))
        await lose_everything_over_a_restart(world)
        world.consul.put(tags=("headgate.enable=true", "headgate.host=new.example.com"))
        world.consul.refused = {"web"}
        async with world.running():
            await settle()
            assert "www.example.com" in world.hosts()
            world.consul.refused = set()
            await world.until(lambda: world.hosts() == ["new.example.com"])

    run(play())


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

    run(play())

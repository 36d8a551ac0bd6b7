"""Keys as a source of routes, against a Consul in this process."""

from discovery.consul.registry import RegistryOptions
from tests.unit.consul.conftest import World
from tests.unit.consul.fake_consul import refuse
from tests.unit.consul.patience import run

ROUTE = "host: key.example.com\nservers: [10.0.0.9:80]\n"
ADD = "route add web www.example.com/ http://10.0.0.9:80/"


def test_a_key_is_a_route_as_soon_as_it_is_there_and_until_it_is_gone(world: World) -> None:
    async def play() -> None:
        world.keys = "edge/routes"
        async with world.running():
            assert world.hosts() == []
            world.consul.put_key("edge/routes/a", ROUTE)
            await world.until(lambda: world.hosts() == ["key.example.com"])
            world.consul.put_key("edge/routes/a", ROUTE.replace("key.", "new."))
            await world.until(lambda: world.hosts() == ["new.example.com"])
            world.consul.put_key("edge/other", ROUTE)
            world.consul.put_key("edge/routes/a", "")
            await world.until(lambda: world.hosts() == [])
            asked = world.consul.asked("/v1/kv/edge/routes")
            assert len(asked) < 8
            assert all("recurse" in query for query in asked)

    run(play())


def test_no_failure_removes_the_route_of_a_key(world: World) -> None:
    async def play() -> None:
        world.keys = "edge"
        world.consul.put_key("edge/a", ROUTE)
        async with world.running():
            for status in (403, 500, 404):
                world.consul.fault = refuse(status)
                world.consul.wake()
                await world.until(lambda: "keys of edge" in world.status.detail)
                assert world.hosts() == ["key.example.com"]
                world.consul.fault = None
                await world.until(lambda: not world.status.detail)

    run(play())


def test_fabios_commands_are_carried_out_on_what_its_tags_say(world: World) -> None:
    async def play() -> None:
        world.registry = RegistryOptions("consul", dialects=("fabio",))
        world.commands = "fabio/config"
        world.consul.put(tags=("urlprefix-www.example.com/",))
        async with world.running():
            name = "www.example.com/"
            assert world.servers(name) == ["10.0.0.1:80"]
            world.consul.put_key("fabio/config", ADD)
            await world.until(lambda: world.servers(name) == ["10.0.0.1:80", "10.0.0.9:80"])
            world.consul.put_key("fabio/config/2", "route del web www.example.com/ http://10.0.0.1:80/")
            await world.until(lambda: world.servers(name) == ["10.0.0.9:80"])
            world.consul.put_key("fabio/config", "")
            await world.until(lambda: world.servers(name) == [])
            world.consul.put_key("fabio/config/2", "")
            await world.until(lambda: world.servers(name) == ["10.0.0.1:80"])

    run(play())


def test_the_source_has_not_synced_before_its_keys_are_known(world: World) -> None:
    async def play() -> None:
        world.keys = "edge"
        world.consul.put()
        world.consul.put_key("edge/a", ROUTE)
        async with world.running():
            assert world.hosts() == ["key.example.com", "www.example.com"]

    run(play())

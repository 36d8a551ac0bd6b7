"""What cannot be read when the source starts is said to be unread, and when that has changed."""

import asyncio

from discovery.source import NOTHING_UNREAD, SourceState
from ingress.model.route import Origin
from tests.unit.kubernetes_reflect.conftest import World


async def test_a_forbidden_namespace_is_unread_until_it_is_allowed(world: World) -> None:
    world.api.refused_namespaces.add("blog")
    async with world.running(namespaces=("shop", "blog")):
        await world.until(lambda: world.synced)
        assert world.seen.unread.namespaces == {"blog"}
        world.api.refused_namespaces.clear()
        await world.until(lambda: world.seen.unread == NOTHING_UNREAD)
        assert len(world.seen.synced_sources) == 2


async def test_an_object_that_cannot_be_decoded_is_unread(world: World) -> None:
    world.api.put("ingresses", "shop", "web", spec="none")
    world.api.put("endpointslices", "blog", "web-1", endpoints="none")
    async with world.running():
        await world.until(lambda: world.synced)
        assert Origin("kubernetes", "ingress", "shop", "web") in world.seen.unread.objects
        assert world.seen.unread.namespaces == {"blog"}
        world.api.put("ingresses", "shop", "web", spec={})
        world.api.drop("endpointslices", "blog", "web-1")
        await world.until(lambda: world.seen.unread == NOTHING_UNREAD)


async def test_whoever_hears_that_it_has_synced_has_heard_that_it_is_live(world: World) -> None:
    states: list[str] = []
    world.seen.on_synced = lambda: states.append(world.state)
    async with world.running():
        await world.until(lambda: world.synced)
        assert states == [SourceState.LIVE]


async def test_a_flush_that_takes_long_lets_others_have_their_turn(world: World) -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while not world.synced:
            turns += 1
            await asyncio.sleep(0)

    world.seen.slow_steps = 200
    world.seen.step_time = 0.0005
    async with world.running():
        other = asyncio.create_task(others())
        await world.until(lambda: world.seen.flushes)
        before = turns
        await world.until(lambda: world.synced)
        await other
        assert turns - before > 10


async def test_lists_and_refusals_are_counted_by_kind(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await world.until(lambda: world.synced and world.state == "live")
        assert world.seen.statuses[-1].counts["ingresses"] == {"lists": 1}
        world.api.silence("ingresses")
        world.api.put("ingresses", "shop", "other")
        world.api.compact()
        world.api.cut("ingresses")
        await world.until(lambda: world.seen.statuses[-1].counts["ingresses"].get("lists") == 2)
        assert world.seen.statuses[-1].counts["ingresses"] == {"lists": 2, "410": 1}
        assert world.seen.statuses[-1].counts["services"] == {"lists": 1}

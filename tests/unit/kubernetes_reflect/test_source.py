"""The source against a healthy API server."""

import asyncio

import msgspec

from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.cluster_options import ClusterOptions
from tests.unit.kubernetes_reflect.conftest import QUICK, World


def fill(world: World, slices: int = 3) -> None:
    world.api.put("ingresses", "shop", "web")
    world.api.put("services", "shop", "web")
    for number in range(slices):
        world.api.put("endpointslices", "shop", f"web-{number}")


async def test_what_is_there_is_read_by_one_stream_for_each_kind(world: World) -> None:
    fill(world)
    async with world.running():
        await world.until(lambda: world.synced)
        assert world.seen.of("ingresses") == ["web"]
        assert world.seen.of("endpointslices") == ["web-0", "web-1", "web-2"]
        assert sorted(kind for kind, _ in world.api.requests) == [
            "endpointslices",
            "ingressclasses",
            "ingresses",
            "services",
        ]
        await world.until(lambda: world.state == "live")
        assert set(world.parts.values()) == {"live"}


async def test_an_empty_cluster_is_synced_too(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.synced)
        assert world.seen.objects == {}


async def test_changes_arrive_as_they_happen(world: World) -> None:
    fill(world)
    async with world.running():
        await world.until(lambda: world.synced)
        world.api.put("endpointslices", "shop", "web-9")
        await world.until(lambda: "web-9" in world.seen.of("endpointslices"))
        world.api.drop("endpointslices", "shop", "web-0")
        await world.until(lambda: "web-0" not in world.seen.of("endpointslices"))
        assert len(world.api.asked("endpointslices")) == 1


async def test_a_server_without_initial_events_is_listed_in_pages_and_then_watched(world: World) -> None:
    world.api.streams_initial_events = False
    fill(world, slices=1203)
    async with world.running():
        await world.until(lambda: world.synced)
        assert len(world.seen.of("endpointslices")) == 1203
        assert len(world.api.asked("endpointslices", "limit")) == 3
        world.api.put("endpointslices", "shop", "new")
        await world.until(lambda: "new" in world.seen.of("endpointslices"))


async def test_that_it_has_none_is_found_out_by_the_kinds_that_ask_first_and_remembered(
    world: World,
) -> None:
    world.api.streams_initial_events = False
    fill(world)
    async with world.running():
        await world.until(lambda: world.synced)
        world.seen.wanted = frozenset({("shop", "tls")})
        await world.until(lambda: world.api.asked("secrets", "watch"))
        assert not world.api.asked("secrets", "sendInitialEvents")


async def test_nothing_is_said_before_every_kind_has_been_read(world: World) -> None:
    fill(world)
    held = asyncio.Event()

    async def late(request: object) -> object:
        await held.wait()
        raise ConnectionResetError

    world.api.fail("services", late)  # type: ignore[arg-type]
    async with world.running():
        await world.until(lambda: ("ingresses", "shop", "web") in world.seen.objects)
        await world.until(lambda: world.seen.statuses)
        assert world.seen.flushes == 0
        assert world.state == "starting"
        assert "services" in world.detail
        held.set()
        await world.until(lambda: world.synced)
        assert world.seen.of("services") == ["web"]


async def test_each_namespace_is_watched_by_itself_when_namespaces_are_given(world: World) -> None:
    for namespace in ("shop", "blog", "other"):
        world.api.put("ingresses", namespace, f"{namespace}-web")
    async with world.running(namespaces=("shop", "blog")):
        await world.until(lambda: world.synced)
        assert world.seen.of("ingresses") == ["blog-web", "shop-web"]
        await world.until(lambda: world.parts.get("ingresses in shop") == "live")


async def test_time_is_given_a_look_although_nothing_happens(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.synced)
        flushes = world.seen.flushes
        await world.until(lambda: world.seen.flushes > flushes + 2)


async def test_a_thousand_events_in_one_piece_are_flushed_a_few_times_and_not_in_one_stretch(
    world: World,
) -> None:
    async with world.running(timings=msgspec.structs.replace(QUICK, report=5.0)):
        await world.until(lambda: world.synced)
        before = world.seen.flushes
        for number in range(1000):
            world.api.put("endpointslices", "shop", f"web-{number}")
        await world.until(lambda: len(world.seen.of("endpointslices")) == 1000)
        assert world.seen.flushes - before < 200


async def test_status_is_not_repeated_when_nothing_changed(world: World) -> None:
    async with world.running():
        await world.until(lambda: world.state == "live")
        for first, second in zip(world.seen.statuses, world.seen.statuses[1:], strict=False):
            assert first != second


async def test_an_endpoint_that_comes_is_a_server_of_its_backend(world: World) -> None:
    def endpoints(*addresses: str) -> list[dict[str, object]]:
        return [{"addresses": [address], "conditions": {"ready": True}} for address in addresses]

    def put_slice(*addresses: str) -> None:
        world.api.put("endpointslices", "shop", "web-x", **labels, **ports, endpoints=endpoints(*addresses))

    labels = {"labels": {"kubernetes.io/service-name": "web"}}
    ports = {"addressType": "IPv4", "ports": [{"name": "", "port": 8080, "protocol": "TCP"}]}
    service = {"name": "web", "port": {"number": 80}}
    spec = {"ingressClassName": "headgate", "defaultBackend": {"service": service}}
    world.api.put("ingresses", "shop", "web", spec=spec)
    world.api.put("services", "shop", "web", spec={"ports": [{"port": 80, "targetPort": 8080}]})
    put_slice("10.0.0.1")
    world.make_cluster = lambda sink: Cluster(ClusterOptions("kubernetes"), sink, lambda: 0.0)

    def addresses() -> list[str]:
        return [server.address for backend in world.seen.backends.values() for server in backend.servers]

    async with world.running():
        await world.until(lambda: world.synced)
        assert addresses() == ["10.0.0.1:8080"]
        put_slice("10.0.0.1", "10.0.0.2")
        await world.until(lambda: addresses() == ["10.0.0.1:8080", "10.0.0.2:8080"])

"""Only the Secrets that are wanted are read, each by its name, or in a crowd by its type."""

import asyncio

from discovery.kubernetes.secret_watches import FEW, MANY
from tests.unit.kubernetes_reflect.conftest import QUICK, World

TLS = "kubernetes.io/tls"


def names(count: int) -> frozenset[tuple[str, str]]:
    return frozenset(("shop", f"tls-{number}") for number in range(count))


async def test_a_wanted_secret_is_watched_by_name_and_no_other_is_read(world: World) -> None:
    world.api.put("secrets", "shop", "tls", type=TLS)
    world.api.put("secrets", "shop", "password", type="Opaque")
    world.seen.wanted = frozenset({("shop", "tls")})
    async with world.running():
        await world.until(lambda: world.synced)
        assert world.seen.of("secrets") == ["tls"]
        assert [query["fieldSelector"] for query in world.api.asked("secrets")] == ["metadata.name=tls"]
        await world.until(lambda: world.parts.get("secrets") == "live")


async def test_the_first_sync_includes_the_wanted_secrets(world: World) -> None:
    released = asyncio.Event()

    async def late(request: object) -> object:
        await released.wait()
        raise ConnectionResetError

    world.api.put("secrets", "shop", "tls", type=TLS)
    world.api.fail("secrets", late)  # type: ignore[arg-type]
    world.seen.wanted = frozenset({("shop", "tls")})
    async with world.running():
        await world.until(lambda: world.parts.get("secrets") == "starting")
        assert not world.synced
        released.set()
        await world.until(lambda: world.synced)
        assert world.seen.of("secrets") == ["tls"]


async def test_a_secret_that_does_not_exist_or_is_forbidden_holds_nothing_up(world: World) -> None:
    world.seen.wanted = frozenset({("shop", "absent")})
    async with world.running():
        await world.until(lambda: world.synced)
    world.api.refused["secrets"] = 403
    async with world.running():
        await world.until(lambda: len(world.seen.synced_sources) == 2)
        await world.until(lambda: world.state == "degraded")


async def test_a_secret_that_is_wanted_no_more_is_dropped_and_its_watch_ends(world: World) -> None:
    for name in ("a", "b"):
        world.api.put("secrets", "shop", name, type=TLS)
    world.seen.wanted = frozenset({("shop", "a"), ("shop", "b")})
    async with world.running():
        await world.until(lambda: world.seen.of("secrets") == ["a", "b"])
        watches = world.api.open
        world.seen.wanted = frozenset({("shop", "a")})
        await world.until(lambda: world.seen.of("secrets") == ["a"])
        await world.until(lambda: world.api.open == watches - 1)


async def test_a_crowd_is_watched_as_one_and_secrets_of_other_types_still_by_name(world: World) -> None:
    for number in range(FEW + 1):
        world.api.put("secrets", "shop", f"tls-{number}", type="Opaque" if number == 7 else TLS)
    world.seen.wanted = names(FEW + 1)
    async with world.running():
        await world.until(lambda: len(world.seen.of("secrets")) == FEW + 1)
        asked = [query["fieldSelector"] for query in world.api.asked("secrets")]
        assert asked == [f"type={TLS}", "metadata.name=tls-7"]


async def test_no_secret_is_dropped_on_the_way_from_few_to_a_crowd_and_back(world: World) -> None:
    for number in range(FEW + 1):
        world.api.put("secrets", "shop", f"tls-{number}", type=TLS)
    world.seen.wanted = names(FEW)
    async with world.running():
        await world.until(lambda: len(world.seen.of("secrets")) == FEW)
        world.seen.wanted = names(FEW + 1)
        await world.until(lambda: len(world.seen.of("secrets")) == FEW + 1)
        await world.until(lambda: world.api.open == 5)
        assert world.seen.dropped == []
        world.seen.wanted = names(FEW)
        await world.until(lambda: len(world.seen.of("secrets")) == FEW)
        assert world.seen.dropped == [("secrets", "shop", f"tls-{FEW}")]


async def test_a_secret_that_went_while_its_watch_was_replaced_is_dropped(world: World) -> None:
    for number in range(FEW + 1):
        world.api.put("secrets", "shop", f"tls-{number}", type=TLS)
    world.seen.wanted = names(FEW)
    async with world.running():
        await world.until(lambda: len(world.seen.of("secrets")) == FEW)
        world.api.silence("secrets")
        world.api.drop("secrets", "shop", "tls-3")
        world.seen.wanted = names(FEW + 1)
        await world.until(lambda: "tls-3" not in world.seen.of("secrets"))


async def test_a_role_that_allows_names_only_is_asked_for_names_only(world: World) -> None:
    for number in range(FEW + 1):
        world.api.put("secrets", "shop", f"tls-{number}", type=TLS)
    world.api.names_only = True
    world.seen.wanted = names(FEW + 1)
    async with world.running():
        await world.until(lambda: len(world.seen.of("secrets")) == FEW + 1)
        await asyncio.sleep(10 * QUICK.report)
        assert sum("type=" in query["fieldSelector"] for query in world.api.asked("secrets")) == 2


async def test_more_than_a_hundred_watches_do_not_starve_each_other(world: World) -> None:
    wanted = frozenset((f"team-{number}", "tls") for number in range(130))
    for namespace, name in wanted:
        world.api.put("secrets", namespace, name, type=TLS)
    world.seen.wanted = wanted
    async with world.running():
        await world.until(lambda: world.synced)
        assert len(world.seen.of("secrets")) == 130
        assert world.api.most_open >= 130


async def test_a_crowd_over_all_namespaces_is_watched_as_one_unless_the_role_forbids_it(world: World) -> None:
    wanted = frozenset((f"team-{number}", "tls") for number in range(MANY + 1))
    for namespace, name in wanted:
        world.api.put("secrets", namespace, name, type=TLS)
    world.seen.wanted = wanted
    async with world.running():
        await world.until(lambda: world.synced)
        assert len(world.api.asked("secrets")) == 1
        assert len(world.seen.of("secrets")) == MANY + 1
    world.api.names_only = True
    async with world.running():
        await world.until(lambda: len(world.seen.synced_sources) == 2)
        await world.until(lambda: len(world.api.asked("secrets")) > MANY)
        assert world.seen.dropped == []


async def test_a_role_for_single_namespaces_is_never_asked_for_all_secrets(world: World) -> None:
    namespaces = tuple(f"team-{number}" for number in range(MANY + 1))
    world.seen.wanted = frozenset((namespace, "tls") for namespace in namespaces)
    async with world.running(namespaces=namespaces[:1]):
        await world.until(lambda: world.synced)
        assert all("metadata.name" in query["fieldSelector"] for query in world.api.asked("secrets"))


async def test_a_secret_with_users_is_watched_by_its_name_beside_any_crowd(world: World) -> None:
    for number in range(FEW + 1):
        world.api.put("secrets", "shop", f"tls-{number}", type=TLS)
    world.api.put("secrets", "shop", "staff", type="Opaque")
    world.api.put("secrets", "shop", "password", type="Opaque")
    world.seen.wanted = names(FEW + 1)
    world.seen.wanted_users = frozenset({("shop", "staff")})
    async with world.running():
        await world.until(lambda: len(world.seen.of("secrets")) == FEW + 2)
        asked = {query["fieldSelector"] for query in world.api.asked("secrets")}
        assert asked == {f"type={TLS}", "metadata.name=staff"}
        world.seen.wanted_users = frozenset()
        await world.until(lambda: world.seen.dropped == [("secrets", "shop", "staff")])

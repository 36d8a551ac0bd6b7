"""The source against an API server that fails: nothing is lost, and nobody is stormed."""

import asyncio

import pytest

from tests.unit.kubernetes_reflect.conftest import IMPATIENT, QUICK, World
from tests.unit.kubernetes_reflect.fake_api import (
    HOLD,
    Fault,
    never_answers,
    refuses,
    resets,
    says,
    says_nothing,
    status,
    streams,
    text,
)

HTML = "<html><body>502 Bad Gateway</body></html>"
EXPIRED = text({"type": "ERROR", "object": status(410, "Expired", "too old resource version")}) + b"\n"
HALF = b'{"type":"MODIFIED","object":{"kind":"Ingress","metadata":{"na'


async def started(world: World) -> None:
    """Wait until the source has synced; one Ingress is there."""
    await world.until(lambda: world.synced and world.state == "live")


async def cut(world: World, kind: str, *faults: Fault) -> None:
    """End the watch of a kind, so that the next requests for it meet the faults."""
    world.api.fail(kind, *faults)
    world.api.cut(kind)
    await world.until(lambda: not world.api.has_faults(kind))


@pytest.mark.parametrize(
    "fault",
    [
        says(502, HTML),
        says(200, HTML),
        says(200, "null\n", "application/json"),
        refuses(500),
        refuses(503, "ServiceUnavailable"),
        streams(),
        streams(b"not json\n"),
        streams(EXPIRED),
        resets(),
        resets(HALF),
        says_nothing,
        never_answers,
    ],
    ids=[
        "html-502",
        "html-200",
        "null",
        "500",
        "503",
        "closes-at-once",
        "garbage",
        "410-in-stream",
        "reset",
        "half-a-line-then-reset",
        "half-open",
        "never-answers",
    ],
)
@pytest.mark.parametrize("when", ["at-the-start", "while-it-watches"])
async def test_after_a_fault_everything_is_there_and_nothing_was_dropped(
    world: World, fault: Fault, when: str
) -> None:
    world.api.put("ingresses", "shop", "web")
    if when == "at-the-start":
        world.api.fail("ingresses", fault)
    async with world.running(IMPATIENT):
        await started(world)
        if when == "while-it-watches":
            await cut(world, "ingresses", fault)
        world.api.put("ingresses", "shop", "new")
        await world.until(lambda: world.seen.of("ingresses") == ["new", "web"])
        await world.until(lambda: world.state == "live")
        assert world.seen.dropped == []


@pytest.mark.parametrize(
    "fault",
    [
        says(502, HTML),
        says(200, HTML),
        refuses(429),
        refuses(401),
        refuses(410, "Expired"),
        refuses(400),
        streams(),
        streams(EXPIRED),
        streams(b"not json\n"),
        resets(HALF),
    ],
    ids=["html-502", "html-200", "429", "401", "410", "400", "closes", "410-in-stream", "garbage", "reset"],
)
async def test_a_server_that_goes_on_failing_is_not_stormed(world: World, fault: Fault) -> None:
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await started(world)
        world.api.fail("ingresses", *[fault] * 1000)
        world.api.cut("ingresses")
        before = len(world.api.asked("ingresses"))
        await world.until(lambda: len(world.api.asked("ingresses")) > before)
        await asyncio.sleep(0.15)
        # Waits of 0.015, 0.03, then 0.06 s; a second request at once, but once.
        assert len(world.api.asked("ingresses")) - before <= 6
        assert world.state == "degraded"
        assert world.seen.of("ingresses") == ["web"]
        world.api.mend("ingresses")
        await world.until(lambda: world.state == "live")


async def test_a_web_page_in_place_of_an_api_server_is_called_by_its_name(world: World) -> None:
    world.api.fail("ingresses", *[says(200, HTML)] * 3)
    async with world.running():
        await world.until(lambda: "is this an API server?" in world.detail)
        await started(world)


async def test_deletes_that_happened_in_a_gap_come_out_of_the_relist(world: World) -> None:
    for name in ("stays", "goes", "changes"):
        world.api.put("ingresses", "shop", name)
    async with world.running():
        await started(world)
        world.api.silence("ingresses")
        world.api.drop("ingresses", "shop", "goes")
        world.api.put("ingresses", "shop", "changes", spec={"ingressClassName": "other"})
        world.api.put("ingresses", "shop", "comes")
        world.api.compact()
        world.api.cut("ingresses")
        await world.until(lambda: world.seen.of("ingresses") == ["changes", "comes", "stays"])
        assert world.seen.dropped == [("ingresses", "shop", "goes")]
        assert world.seen.objects["ingresses", "shop", "changes"].spec.ingress_class_name == "other"


async def test_a_watch_that_ends_goes_on_where_it_was_without_a_relist(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await started(world)
        world.api.put("ingresses", "shop", "web", spec={})
        version = str(world.api.version)
        await world.until(lambda: world.seen.objects["ingresses", "shop", "web"].spec is not None)
        await asyncio.sleep(QUICK.brief)
        world.api.cut("ingresses")
        await world.until(lambda: len(world.api.asked("ingresses")) == 2)
        again = world.api.asked("ingresses")[1]
        assert again["resourceVersion"] == version
        assert "sendInitialEvents" not in again


async def test_versions_of_initial_events_are_not_resumed_from(world: World) -> None:
    for name in ("old", "older", "oldest"):
        world.api.put("ingresses", "shop", name)
    async with world.running():
        await started(world)
        await asyncio.sleep(QUICK.brief)
        world.api.cut("ingresses")
        await world.until(lambda: world.api.asked("ingresses", "resourceVersion"))
        assert world.api.asked("ingresses", "resourceVersion")[0]["resourceVersion"] == str(world.api.version)


async def test_a_refusal_with_retry_after_is_waited_out_and_the_position_kept(world: World) -> None:
    async with world.running():
        await started(world)
        await asyncio.sleep(QUICK.brief)
        world.api.fail("ingresses", refuses(429, Retry_After="1"))
        world.api.cut("ingresses")
        await world.until(lambda: len(world.api.asked("ingresses")) == 2)
        began = asyncio.get_running_loop().time()
        await world.until(lambda: len(world.api.asked("ingresses")) == 3)
        assert asyncio.get_running_loop().time() - began >= 0.19  # what `retry_after` allows of it
        assert "sendInitialEvents" not in world.api.asked("ingresses")[2]


async def test_initial_events_without_an_end_are_given_up_for_a_list(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    added = text({"type": "ADDED", "object": {"metadata": {"name": "web", "namespace": "shop"}}}) + b"\n"
    world.api.fail("ingresses", streams(added, HOLD))
    async with world.running(IMPATIENT):
        await started(world)
        assert world.seen.of("ingresses") == ["web"]


async def test_a_continue_token_that_expired_starts_the_list_again(world: World) -> None:
    world.api.streams_initial_events = False
    for number in range(600):
        world.api.put("ingresses", "shop", f"web-{number}")
    world.api.expire_pages = 1
    async with world.running():
        await started(world)
        assert len(world.seen.of("ingresses")) == 600
        assert len(world.api.asked("ingresses", "limit")) == 4


async def test_an_empty_list_is_believed_and_an_empty_answer_is_not(world: World) -> None:
    world.api.streams_initial_events = False
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await started(world)
        world.api.silence("ingresses")
        world.api.compact()
        world.api.fail("ingresses", streams(EXPIRED), says(200, "{}", "application/json"))
        world.api.cut("ingresses")
        await world.until(lambda: not world.api.has_faults("ingresses"))
        assert world.seen.of("ingresses") == ["web"]
        world.api.drop("ingresses", "shop", "web")
        await world.until(lambda: world.seen.of("ingresses") == [])


async def test_a_kind_that_is_forbidden_later_keeps_what_it_had_and_degrades_alone(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await started(world)
        world.api.refused["ingresses"] = 403
        await asyncio.sleep(QUICK.brief)
        world.api.cut("ingresses")
        await world.until(lambda: world.state == "degraded")
        world.api.put("services", "shop", "web")
        await world.until(lambda: world.seen.of("services") == ["web"])
        assert world.seen.of("ingresses") == ["web"]
        assert world.parts["ingresses"] == "degraded: 403: ingresses is forbidden"
        assert world.parts["services"] == "live"
        del world.api.refused["ingresses"]
        await world.until(lambda: world.state == "live")


@pytest.mark.parametrize("code", [403, 404])
async def test_classes_that_cannot_be_read_hold_nothing_up(world: World, code: int) -> None:
    world.api.refused["ingressclasses"] = code
    async with world.running():
        await started(world)
        assert "classes go by name" in world.parts["ingressclasses"]


async def test_a_namespace_that_is_forbidden_does_not_hold_up_the_others(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    world.api.refused_namespaces.add("blog")
    async with world.running(namespaces=("shop", "blog")):
        await world.until(lambda: world.synced and world.state == "degraded")
        assert world.seen.of("ingresses") == ["web"]


async def test_while_a_kind_that_routes_need_is_forbidden_nothing_is_said(world: World) -> None:
    world.api.put("ingresses", "shop", "web")
    world.api.refused["endpointslices"] = 403
    async with world.running():
        await world.until(lambda: "endpointslices: degraded: 403" in world.detail)
        assert world.seen.flushes == 0
        assert world.state == "starting"
        del world.api.refused["endpointslices"]
        await started(world)


async def test_who_may_list_but_not_watch_sees_changes_at_each_list(world: World) -> None:
    world.api.unwatchable.add("ingresses")
    async with world.running():
        await world.until(lambda: world.synced)
        world.api.put("ingresses", "shop", "web")
        await world.until(lambda: world.seen.of("ingresses") == ["web"])
        await world.until(lambda: world.state == "degraded")


async def test_an_object_that_cannot_be_read_keeps_its_last_good_version(world: World) -> None:
    world.api.put("ingresses", "shop", "web", spec={"ingressClassName": "headgate"})
    async with world.running():
        await started(world)
        good = world.seen.objects["ingresses", "shop", "web"]
        world.api.put("ingresses", "shop", "web", spec={"ingressClassName": 5})
        await world.until(lambda: world.seen.problems)
        ((origin, (problem,)),) = world.seen.problems.items()
        assert str(origin) == "unreadable ingress shop/web"
        assert "$.object.spec.ingressClassName" in problem.reason or "ingressClassName" in problem.reason
        world.api.compact()
        world.api.cut("ingresses")
        await world.until(lambda: len(world.api.asked("ingresses")) > 1)
        world.api.put("ingresses", "shop", "other")
        await world.until(lambda: "other" in world.seen.of("ingresses"))
        assert world.seen.objects["ingresses", "shop", "web"] == good
        world.api.put("ingresses", "shop", "web", spec={})
        await world.until(lambda: not world.seen.problems)


async def test_a_fault_of_ours_costs_the_object_it_is_about_and_no_other(world: World) -> None:
    world.seen.broken.add("web")
    world.api.put("ingresses", "shop", "web")
    world.api.put("ingresses", "shop", "other")
    async with world.running():
        await started(world)
        assert world.seen.of("ingresses") == ["other"]
        ((origin, (problem,)),) = world.seen.problems.items()
        assert (origin.name, "internal error" in problem.reason) == ("web", True)
        world.seen.broken.clear()
        world.api.put("ingresses", "shop", "web")
        await world.until(lambda: world.seen.of("ingresses") == ["other", "web"])
        assert world.seen.problems == {}


async def test_a_fault_of_ours_in_translating_delays_the_first_sync_until_all_is_told(world: World) -> None:
    world.seen.flush_faults = [RuntimeError("one object"), RuntimeError("another")]
    world.api.put("ingresses", "shop", "web")
    async with world.running():
        await started(world)
        assert world.seen.flushes >= 3
        assert world.seen.of("ingresses") == ["web"]

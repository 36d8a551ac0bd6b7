"""A trouble is in the log once, however many kinds have it."""

import logging

import pytest

from discovery.trouble_log import MOST, REPEAT, TroubleLog
from tests.unit.kubernetes_reflect.conftest import World


def test_what_several_paths_say_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    troubles = TroubleLog("kubernetes")
    for path in ("/api/v1/services", "/api/v1/pods"):
        troubles.tell(path, "no answer in time", 1.0)
    assert caplog.messages == ["kubernetes: no answer in time (asked for /api/v1/services)"]


def test_each_trouble_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    troubles = TroubleLog("kubernetes")
    troubles.tell("/a", "403: a is forbidden", 1.0)
    troubles.tell("/b", "403: b is forbidden", 1.0)
    assert len(caplog.messages) == 2


def test_a_trouble_that_goes_on_is_logged_now_and_again(caplog: pytest.LogCaptureFixture) -> None:
    troubles = TroubleLog("kubernetes")
    for now in (0.0, REPEAT, REPEAT + 1.0, REPEAT + 2.0):
        troubles.tell("/a", "no answer in time", now)
    assert len(caplog.messages) == 2


def test_no_trouble_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    TroubleLog("kubernetes").tell("/a", "", 0.0)
    assert not caplog.messages


async def test_a_kubeconfig_that_breaks_is_one_line_for_all_kinds(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "discovery")
    world.credentials = type(world.credentials)(world.credentials.load, lifetime=0.0)
    async with world.running():
        await world.until(lambda: world.synced)
        world.api.token = "new"
        world.kubeconfig.write_text("a: [")
        for kind in ("ingresses", "services", "endpointslices"):
            world.api.cut(kind)
        await world.until(lambda: world.detail.count("no credentials") == 1)
    assert len([line for line in caplog.messages if "no credentials" in line]) == 1


def test_answers_that_never_read_alike_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    troubles = TroubleLog("kubernetes")
    for number in range(10 * MOST):
        troubles.tell("/a", f"500: request {number} failed", 1.0)
    assert len(caplog.messages) == MOST
    troubles.tell("/a", "503: still", REPEAT + 2.0)
    assert len(caplog.messages) == MOST + 1

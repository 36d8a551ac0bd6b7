"""One pod of five that is broken costs no idempotent request, and soon no time either."""

import time
from collections.abc import Callable

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness.api import Api
from tests.real.harness.load import Load, Outcome, Plan
from tests.real.harness.node import Node
from tests.real.harness.pod import Manner, Temper
from tests.real.harness.shop import Shop

Figure = Callable[[str], None]
SETTLED = 3.0
"""Seconds after which a bad pod is known as such."""


@pytest.fixture
def shop(api: Api, node: Node, namespace: str) -> Shop:
    """A workload without pods yet."""
    return Shop(api, node, namespace)


def test_a_pod_that_refuses_costs_nothing(shop: Shop, headgate: StartHeadgate, figure: Figure) -> None:
    shop.open(pods=5)
    headgate()
    shop.crash(shop.members[0])
    assert_harmless(load_twice(shop), figure)


def test_a_pod_that_crashes_under_load_costs_nothing(
    shop: Shop, headgate: StartHeadgate, figure: Figure
) -> None:
    shop.open(pods=5)
    headgate()
    with Load(Plan(host=shop.host)) as load:
        time.sleep(1.0)
        shop.crash(shop.members[0])
        time.sleep(1.0)
    figure(str(load.outcome))
    assert load.outcome.failures == []


def test_a_pod_that_resets_after_the_request_costs_nothing(
    shop: Shop, headgate: StartHeadgate, figure: Figure
) -> None:
    shop.open(pods=4)
    shop.scale_up(Temper(Manner.RESET))
    headgate()
    assert_harmless(load_twice(shop), figure)


def test_a_pod_that_packets_do_not_reach_costs_nothing(
    shop: Shop, headgate: StartHeadgate, figure: Figure
) -> None:
    shop.open(pods=4)
    shop.scale_up(Temper(Manner.SILENT))
    headgate()
    assert_harmless(load_twice(shop), figure)


def test_a_pod_that_never_answers_costs_nothing_with_a_timeout_for_one_try(
    shop: Shop, headgate: StartHeadgate, figure: Figure
) -> None:
    shop.open(pods=4, annotations={"headgate.dev/timeout-try": "250ms"})
    shop.scale_up(Temper(Manner.MUTE))
    headgate()
    first, then = load_twice(shop)
    figure(f"at first {first}; then {then}")
    assert (first.failures, then.failures) == ([], [])


def load_twice(shop: Shop) -> tuple[Outcome, Outcome]:
    """What happens until the bad pod is known, and afterwards."""
    with Load(Plan(host=shop.host, rate=300)) as first:
        time.sleep(SETTLED)
    with Load(Plan(host=shop.host, rate=300)) as then:
        time.sleep(SETTLED)
    return first.outcome, then.outcome


def assert_harmless(outcomes: tuple[Outcome, Outcome], figure: Figure) -> None:
    """Nothing failed, and once the bad pod was known it cost no time."""
    first, then = outcomes
    figure(f"at first {first}; then {then}")
    assert (first.failures, then.failures) == ([], [])
    assert then.percentile(0.99) < 0.1

"""A process of Headgate that dies is replaced, and costs at most what it had in its hands."""

import signal
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.headgate import Headgate
from tests.real.harness.load import Failure, Load, Plan
from tests.real.harness.node import Node
from tests.real.harness.pod import Temper
from tests.real.harness.shop import Shop

WORKERS = 2


@pytest.fixture
def shop(api: Api, node: Node, namespace: str) -> Shop:
    """A workload of two pods."""
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    return shop


def test_a_killed_controller_costs_no_request_and_its_successor_takes_over(
    shop: Shop, headgate: StartHeadgate
) -> None:
    one = headgate()
    workers = one.children("worker")
    with Load(Plan(host=shop.host)) as load:
        dead = one.children("controller")
        one.kill_child("controller")
        eventually(lambda: one.children("controller") not in ([], dead), 5.0, "the successor")
        one.wait_until_ready()
        shop.scale_up()
        eventually(lambda: "shop-3" in {ask(shop.host).pod for _ in range(6)}, what="a change through it")
    assert load.outcome.failures == []
    assert load.outcome.resent == 0
    assert one.children("worker") == workers


def test_a_killed_worker_costs_no_request_that_it_had_not_accepted(
    shop: Shop, headgate: StartHeadgate, figure: Callable[[str], None]
) -> None:
    one = headgate()
    kills = []
    with Load(Plan(host=shop.host)) as load:
        for _ in range(3):
            before = set(one.children("worker"))
            kills.append(one.kill_child("worker"))
            waited = eventually(lambda: has_successor(one, before), 1.0, "the successor")  # noqa: B023
            one.wait_until_ready()
            time.sleep(0.5)
    figure(f"successor after {waited * 1e3:.0f} ms; {load.outcome}")
    assert not_in_its_hands(load.outcome.failures, kills) == []
    # Of the others: the requests that the worker was just then answering, on connections of its own.
    assert len(load.outcome.failures) <= 3


def test_a_worker_that_is_replaced_knows_all_routes_before_it_accepts(
    shop: Shop, headgate: StartHeadgate
) -> None:
    one = headgate("--workers", "1")
    one.kill_child("worker")
    # The connection waits in the queue of the dead worker's socket for the successor.
    assert ask(shop.host).status == 200


def test_a_stop_under_load_finishes_what_was_begun(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    slow = Shop(api, node, namespace)
    slow.open(pods=2, temper=Temper(slow=0.5, slow_every=1))
    one = headgate("--drain-timeout", "10")
    with ThreadPoolExecutor(20) as pool:
        begun = [pool.submit(ask, slow.host) for _ in range(20)]
        eventually(lambda: one.metric("headgate_requests_total") >= 20, what="all of them")
        one.signal(signal.SIGTERM)
        eventually(lambda: one.page("/readyz")[0] != 200, 1.0, "the end of readiness")
        assert [answer.result().status for answer in begun] == [200] * 20
        assert one.wait(10.0) == 0


def test_a_second_interrupt_leaves_at_once(shop: Shop, headgate: StartHeadgate) -> None:
    one = headgate("--drain-timeout", "60")
    one.signal(signal.SIGINT)
    one.signal(signal.SIGINT)
    one.wait(5.0)


def has_successor(one: Headgate, before: Iterable[int]) -> bool:
    """Whether there are as many workers as before, and one of them is new."""
    now = set(one.children("worker"))
    return len(now) == WORKERS and now != set(before)


def not_in_its_hands(failures: list[Failure], kills: list[float]) -> list[Failure]:
    """The failures of requests that were not on their way at the moment of a kill."""
    return [
        failure for failure in failures if not any(failure.began <= kill <= failure.ended for kill in kills)
    ]

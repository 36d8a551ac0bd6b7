"""A rolling update costs nobody a request, however its pods end."""

from collections.abc import Callable

import pytest
from msgspec import Struct

from tests.real.conftest import StartHeadgate
from tests.real.harness.api import Api
from tests.real.harness.load import Load, Outcome, Plan
from tests.real.harness.node import PLAIN, Node
from tests.real.harness.pod import Temper
from tests.real.harness.shop import Shop

PODS = 6
CHANGES = 500
PAUSE = 0.02
"""Seconds between two changes: so that there are requests in between."""
RATE = 800.0
LOST_AT_MOST = 10
"""Requests of about 10,000."""
Figure = Callable[[str], None]


class Case(Struct, frozen=True):
    """What the requests are, and how the pods end."""

    method: str
    serve_on: float
    temper: Temper = PLAIN

    @property
    def excused(self) -> int:
        """Failures that are the pods' own. One that ends with a request unread resets the connection, as one
        does that has read it: nobody can tell, so a POST is not sent again. One in a thousand is the most;
        pods that serve on until nobody sends them anything have none."""
        return LOST_AT_MOST if self.method == "POST" and not self.serve_on else 0

    def __str__(self) -> str:
        ends = f"serve {self.serve_on:.0f} s more" if self.serve_on else "stop at once"
        return f"{self.method}, pods {ends}" + (", some slow" if self.temper.slow else "")


CASES = [
    Case("GET", 0.0),
    Case("POST", 0.0),
    Case("GET", 2.0),
    Case("POST", 2.0),
    Case("GET", 0.0, Temper(slow=0.25)),
    Case("POST", 0.0, Temper(slow=0.25)),
]


@pytest.fixture
def shop(api: Api, node: Node, namespace: str) -> Shop:
    """A workload without pods yet."""
    return Shop(api, node, namespace)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rolling_update_under_load_fails_no_request(
    case: Case, shop: Shop, headgate: StartHeadgate, figure: Figure
) -> None:
    shop.open(PODS, temper=case.temper)
    headgate()
    with Load(plan_of(case, shop)) as load:
        while shop.changes < CHANGES:
            shop.roll(PAUSE, serve_on=case.serve_on, temper=case.temper)
    figure(f"{shop.changes} changes, {load.outcome}")
    assert len(load.outcome.failures) <= case.excused, load.outcome.failures
    assert_everyone_has_served(shop, load.outcome)


def plan_of(case: Case, shop: Shop) -> Plan:
    """The requests of a case."""
    return Plan(host=shop.host, method=case.method, body=2000 if case.method == "POST" else 0, rate=RATE)


def assert_everyone_has_served(shop: Shop, outcome: Outcome) -> None:
    """The load went where the endpoints were, and did not stay with the first pods."""
    assert outcome.answered > 10 * CHANGES
    assert len(outcome.pods) > len(shop.members)

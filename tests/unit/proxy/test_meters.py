"""Rates for rules: events of the second under way, and of the one before as its rest weighs."""

from types import SimpleNamespace

from ingress.observe.page import ServerCell, WorkerCell
from ingress.proxy.meters import UNASKED, Meters


class Lab:
    """Counters and a clock in hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.cells: dict[int, int] = {}
        self.meters = Meters(lambda cell: self.cells.get(cell, 0), lambda: self.now)

    def count(self, cell: int, events: int) -> None:
        self.cells[cell] = self.cells.get(cell, 0) + events

    def pass_second(self, cell: int, events: int) -> None:
        self.count(cell, events)
        self.now += 1.0
        self.meters.turn()


REQUESTS = int(WorkerCell.REQUESTS_TOTAL)


def test_a_rate_is_that_of_the_last_second_and_fades() -> None:
    lab = Lab()
    assert lab.meters.request_rate() == 0
    lab.pass_second(REQUESTS, 40)
    assert lab.meters.request_rate() == 40
    lab.now += 0.75
    assert lab.meters.request_rate() == 10
    lab.count(REQUESTS, 7)
    assert lab.meters.request_rate() == 17


def test_a_rate_that_is_seldom_asked_is_the_mean_of_the_time_between() -> None:
    lab = Lab()
    lab.meters.request_rate()
    lab.count(REQUESTS, 40)
    lab.now += 4.0
    assert lab.meters.request_rate() == 10


def test_what_nobody_asks_for_is_counted_no_more() -> None:
    lab = Lab()
    lab.meters.request_rate()
    lab.now += UNASKED + 1
    lab.meters.turn()
    lab.count(REQUESTS, 40)
    assert lab.meters.request_rate() == 0


def test_servers_have_a_rate_together_which_a_leaving_one_does_not_spoil() -> None:
    lab = Lab()
    first, second = SimpleNamespace(cell=800), SimpleNamespace(cell=808)
    lab.count(800 + ServerCell.REQUESTS, 1000)
    lab.meters.rate((first, second), "b")
    lab.pass_second(808 + ServerCell.REQUESTS, 30)
    assert lab.meters.rate((first, second), "b") == 30
    lab.count(808 + ServerCell.REQUESTS, 5)
    assert lab.meters.rate((second,), "b") >= 0


def test_connections_and_requests_under_way_are_as_they_are() -> None:
    lab = Lab()
    lab.count(WorkerCell.CONNECTIONS, 3)
    lab.count(800 + ServerCell.IN_FLIGHT, 2)
    assert (lab.meters.connections(), lab.meters.under_way(SimpleNamespace(cell=800))) == (3, 2)

"""A shift under way, by a clock and counts that a test hands in."""

from collections.abc import Callable

import pytest

from discovery.shift.ramp import Ramp
from discovery.shift.shift import Counts, Shift, ShiftState
from discovery.shift.shifts import Shifts
from tests.unit.pool.conftest import Table

RAMP = Ramp(0, 100, 100.0, 0.02)
POD, VM = "10.0.0.1", "172.16.0.1"


class Run:
    """A shift, second by second."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.now = 1000.0
        self.counts = Counts()

    def go(
        self, seconds: int, *, requests: int = 10, failures: int = 0, has_servers: bool = True
    ) -> ShiftState:
        for _ in range(seconds):
            self.now += 1.0
            self.counts = Counts(self.counts.requests + requests, self.counts.failures + failures)
            self.shift.step(self.now, self.counts, has_servers=has_servers)
        return self.shift.state


@pytest.fixture
def run() -> Run:
    return Run(Shift(RAMP))


def test_it_goes_from_the_start_to_the_end_in_its_time(run: Run) -> None:
    assert (run.go(1), run.shift.share) == (ShiftState.RUNNING, 0)
    assert (run.go(50), run.shift.share) == (ShiftState.RUNNING, 50)
    assert (run.go(50), run.shift.share) == (ShiftState.DONE, 100)
    assert (run.go(50), run.shift.share) == (ShiftState.DONE, 100)


def test_it_rolls_back_by_itself_when_too_many_requests_fail_and_stays_there(run: Run) -> None:
    run.go(31)
    assert run.go(2, failures=3) is ShiftState.RUNNING
    assert run.go(4, failures=3) is ShiftState.ROLLED_BACK
    assert run.shift.share == 0
    assert run.shift.record.rolled_back.startswith("3.0% of the requests to kubernetes failed, at 32 %")
    assert run.go(200) is ShiftState.ROLLED_BACK
    assert run.shift.share == 0


def test_a_few_failures_among_few_requests_say_nothing(run: Run) -> None:
    quiet = run.go(1, requests=0)
    assert quiet is ShiftState.RUNNING
    assert run.go(4, requests=1, failures=1) is ShiftState.RUNNING
    assert run.go(1, requests=1, failures=1) is ShiftState.ROLLED_BACK


def test_without_a_limit_it_goes_on_whatever_fails() -> None:
    run = Run(Shift(Ramp(0, 100, 100.0)))
    assert run.go(40, failures=10) is ShiftState.RUNNING


def test_failures_of_servers_that_are_gone_do_not_count(run: Run) -> None:
    run.go(5, failures=0)
    run.counts = Counts(0, 0)
    assert run.go(5) is ShiftState.RUNNING
    assert run.shift.part_of_failures == 0


def test_it_waits_while_nobody_is_there_to_go_over_to(run: Run) -> None:
    run.go(21)
    assert (run.go(60, has_servers=False), run.shift.share) == (ShiftState.WAITING, 20)
    assert (run.go(10), run.shift.share) == (ShiftState.RUNNING, 30)


def test_it_can_be_paused_and_goes_on_where_it_was(run: Run) -> None:
    run.go(21)
    run.shift = run.shift.change(Ramp(0, 100, 100.0, 0.02, paused=True))
    assert (run.go(60), run.shift.share) == (ShiftState.PAUSED, 20)
    run.shift = run.shift.change(RAMP)
    assert (run.go(11), run.shift.share) == (ShiftState.RUNNING, 30)


def test_another_pace_goes_on_where_it_was_and_another_way_begins_anew(run: Run) -> None:
    run.go(21)
    run.shift = run.shift.change(Ramp(0, 100, 1000.0, 0.02))
    assert run.shift.share == 20
    assert run.shift.change(Ramp(20, 50, 10.0)).share == 20
    assert run.shift.change(Ramp(100, 0, 10.0)).share == 100


def test_one_that_was_rolled_back_begins_anew_with_another_text(run: Run) -> None:
    run.go(31)
    run.go(10, failures=10)
    run.shift = run.shift.change(Ramp(0, 100, 200.0, 0.02))
    assert run.go(3) is ShiftState.RUNNING


def test_time_that_nobody_has_watched_has_not_passed(run: Run) -> None:
    run.go(21)
    run.now += 3600.0
    run.go(1)
    assert run.shift.share == 25


# --- at the table


def shifted(table: Table, text: str = "consul 100 -> kubernetes 100 over 100s, stop on 5xx > 2%") -> Shifts:
    table.service(consul_service="web", shift=text)
    table.pods(POD)
    table.ingress()
    table.instances(VM)
    table.flush()
    return Shifts(table.assembly)


def pass_time(shifts: Shifts, table: Table, seconds: int, failing: bool = False) -> None:
    for second in range(seconds):
        total = 10 * second

        def count(_: str, addresses: object, total: int = total) -> tuple[int, int]:
            assert addresses == [f"{POD}:80"]
            return total, total if failing else 0

        shifts.step(float(second), count)
    table.assembly.take_changes()


def test_the_shares_of_the_pool_follow_the_shift(table: Table) -> None:
    shifts = shifted(table)
    assert table.shares() == {"kubernetes": 0, "consul": 100}
    pass_time(shifts, table, 31)
    assert table.shares() == {"kubernetes": 30, "consul": 70}
    pass_time(shifts, table, 10, failing=True)
    assert table.shares() == {"kubernetes": 0, "consul": 100}


def test_a_restart_keeps_the_progress(table: Table, make_table: Callable[..., Table]) -> None:
    shifts = shifted(table)
    pass_time(shifts, table, 31)
    successor = make_table(state=table.assembly.state())
    later = Shifts(successor.assembly)
    later.restore(shifts.records())
    later.begin()
    successor.assembly.take_changes()
    assert successor.shares() == {"kubernetes": 30, "consul": 70}
    pass_time(later, successor, 11)
    assert successor.shares() == {"kubernetes": 40, "consul": 60}


def test_an_annotation_that_is_taken_away_ends_the_shift(table: Table) -> None:
    shifts = shifted(table)
    pass_time(shifts, table, 31)
    table.service(consul_service="web")
    table.flush()
    pass_time(shifts, table, 1)
    assert table.shares() == {}
    assert shifts.records() == {}

"""The shared page: counters that survive their writers and add up over processes."""

import os
from collections.abc import Callable

import pytest

from ingress.model.reason import Reason
from ingress.observe.directory import QUARANTINE
from ingress.observe.page import (
    BOUNDS,
    RESERVED,
    ROW,
    Page,
    RouteCell,
    ServerCell,
    WorkerCell,
    owner_id,
    route_key,
    server_key,
)

SERVER = server_key("kubernetes:team-a/shop:80", "10.0.0.1:8080")
OTHER = server_key("kubernetes:team-a/shop:80", "10.0.0.2:8080")
ROUTE = route_key("team-a", "ingress", "shop", "kubernetes:team-a/shop:80")
SLOTS = 1024


@pytest.fixture
def page() -> Page:
    return Page.create(2, SLOTS)


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def in_child(work: Callable[[], None]) -> None:
    """Run in a process of its own, and wait for its end."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)


def count(page: Page, worker: int, slot: int, key: str, cell: int, amount: int = 1) -> None:
    column = page.column(worker)
    column.cells[column.claim(slot, key) + cell] += amount


def test_what_two_processes_count_adds_up(page: Page) -> None:
    directory = page.directory(Clock())
    slot = directory.slot_of(SERVER)
    for worker in range(2):
        in_child(lambda: count(Page.attach(page.fd), worker, slot, SERVER, ServerCell.REQUESTS, 3))  # noqa: B023
    assert directory.sum(slot, SERVER, ServerCell.REQUESTS) == 6
    assert directory.row(SERVER)[ServerCell.REQUESTS] == 6


def test_a_row_that_changes_its_owner_starts_from_zero(page: Page) -> None:
    count(page, 0, RESERVED, SERVER, ServerCell.BYTES_OUT, 77)
    count(page, 0, RESERVED, OTHER, ServerCell.REQUESTS)
    first = RESERVED * ROW
    assert page.column(0).cells[first : first + ROW].tolist() == [owner_id(OTHER), 0, 1, 0, 0, 0, 0, 0]


def test_a_column_that_still_counts_for_the_old_owner_is_left_out(page: Page) -> None:
    directory = page.directory(Clock())
    slot = directory.slot_of(SERVER)
    count(page, 0, slot, OTHER, ServerCell.REQUESTS, 5)
    count(page, 1, slot, SERVER, ServerCell.REQUESTS, 1)
    assert directory.sum(slot, SERVER, ServerCell.REQUESTS) == 1
    assert directory.row(SERVER)[ServerCell.REQUESTS] == 1


def test_a_fresh_process_finds_no_request_in_flight_but_keeps_the_counts(page: Page) -> None:
    count(page, 0, RESERVED, SERVER, ServerCell.IN_FLIGHT, 4)
    count(page, 0, RESERVED, SERVER, ServerCell.REQUESTS, 9)
    column = page.column(0)
    first = column.claim(RESERVED, SERVER)
    assert column.cells[first + ServerCell.IN_FLIGHT] == 0
    assert column.cells[first + ServerCell.REQUESTS] == 9


def test_claiming_a_row_again_keeps_what_is_in_flight(page: Page) -> None:
    column = page.column(0)
    column.cells[column.claim(RESERVED, SERVER) + ServerCell.IN_FLIGHT] += 1
    assert column.cells[column.claim(RESERVED, SERVER) + ServerCell.IN_FLIGHT] == 1


def test_claiming_a_routes_row_after_a_restart_keeps_its_first_counter(page: Page) -> None:
    count(page, 0, RESERVED, ROUTE, RouteCell.CODE_2XX, 4)
    column = page.column(0)
    assert column.cells[column.claim(RESERVED, ROUTE) + RouteCell.CODE_2XX] == 4


def test_a_worker_that_begins_has_nothing_open(page: Page) -> None:
    column = page.column(0)
    column.cells[WorkerCell.CONNECTIONS] = 12
    column.cells[WorkerCell.CONNECTIONS_TOTAL] = 30
    count(page, 0, 900, SERVER, ServerCell.IN_FLIGHT, 4)
    count(page, 0, 901, ROUTE, RouteCell.CODE_2XX, 5)
    count(page, 1, 900, SERVER, ServerCell.IN_FLIGHT, 1)
    cells = page.begin(0).cells
    assert cells[WorkerCell.CONNECTIONS] == 0
    assert cells[WorkerCell.CONNECTIONS_TOTAL] == 30
    assert cells[900 * ROW + ServerCell.IN_FLIGHT] == 0
    assert cells[901 * ROW + RouteCell.CODE_2XX] == 5
    assert page.column(1).cells[900 * ROW + ServerCell.IN_FLIGHT] == 1


def test_a_worker_that_begins_gives_no_memory_to_rows_out_of_use() -> None:
    page = Page.create(1, 1 << 18)
    count(page, 0, 200_000, SERVER, ServerCell.IN_FLIGHT)
    before = os.fstat(page.fd).st_blocks
    page.begin(0)
    assert os.fstat(page.fd).st_blocks <= before + 8
    assert before < 100


@pytest.mark.parametrize("slot", [0, 1, RESERVED - 1, SLOTS, -1])
def test_a_slot_that_is_no_row_is_counted_into_the_scratch_row(page: Page, slot: int) -> None:
    column = page.column(0)
    first = column.claim(slot, SERVER)
    for cell in range(ROW):
        column.cells[first + cell] += 1
    assert first < RESERVED * ROW
    assert page.durations() == [0] * (len(BOUNDS) + 1)
    assert not any(page.total(cell) for cell in WorkerCell)
    assert not any(page.answers(reason) for reason in Reason)


def test_no_counter_of_a_worker_is_another_ones(page: Page) -> None:
    column = page.column(0)
    cells = [
        *WorkerCell,
        *(column.duration(bound) for bound in (*BOUNDS, BOUNDS[-1] + 1)),
        *(column.reason(reason) for reason in Reason),
        *range(column.claim(0, SERVER), column.claim(0, SERVER) + ROW),
    ]
    assert len(set(cells)) == len(cells)
    assert max(cells) < RESERVED * ROW


def test_reasons_are_counted_over_all_workers(page: Page) -> None:
    for worker in range(2):
        column = page.column(worker)
        column.cells[column.reason(Reason.DENIED)] += 1
    assert page.answers(Reason.DENIED) == 2
    assert page.answers(Reason.NO_ROUTE) == 0


@pytest.mark.parametrize(
    ("microseconds", "bucket"), [(0, 0), (1000, 0), (1001, 1), (10_000_001, len(BOUNDS))]
)
def test_a_duration_falls_into_the_first_bucket_that_holds_it(
    page: Page, microseconds: int, bucket: int
) -> None:
    column = page.column(1)
    column.cells[column.duration(microseconds)] += 1
    assert page.durations().index(1) == bucket


def test_the_directory_gives_a_key_its_row_again_after_a_restart(page: Page) -> None:
    first = page.directory(Clock())
    slots = {key: first.slot_of(key) for key in (SERVER, OTHER, ROUTE)}
    second = Page.attach(page.fd).directory(Clock())
    assert {key: second.slot_of(key) for key in (ROUTE, SERVER, OTHER)} == slots
    assert second.slot_of("route|new|ingress/new|b") not in slots.values()


def test_no_row_is_given_out_twice_or_from_the_workers_own(page: Page) -> None:
    directory = page.directory(Clock())
    slots = [directory.slot_of(f"server|b|10.0.0.1:{port}") for port in range(SLOTS)]
    given = [slot for slot in slots if slot]
    assert len(set(given)) == len(given) == SLOTS - RESERVED
    assert min(given) == RESERVED


def test_a_full_directory_says_that_there_is_no_row(page: Page) -> None:
    directory = page.directory(Clock())
    for port in range(SLOTS):
        directory.slot_of(f"server|b|10.0.0.1:{port}")
    assert directory.slot_of(SERVER) == 0


def test_a_released_row_rests_before_another_key_gets_it(page: Page) -> None:
    clock = Clock()
    directory = page.directory(clock)
    slot = directory.slot_of(SERVER)
    directory.release(SERVER)
    assert directory.slot_of(OTHER) != slot
    clock.time += QUARANTINE
    assert directory.slot_of(ROUTE) == slot
    assert not any(directory.row(SERVER))


def test_a_key_that_comes_back_from_rest_finds_its_counts(page: Page) -> None:
    clock = Clock()
    directory = page.directory(clock)
    slot = directory.slot_of(SERVER)
    count(page, 0, slot, SERVER, ServerCell.REQUESTS, 8)
    directory.release(SERVER)
    assert directory.slot_of(SERVER) == slot
    clock.time += 2 * QUARANTINE
    assert directory.slot_of(OTHER) != slot
    assert directory.row(SERVER)[ServerCell.REQUESTS] == 8


def test_a_row_with_a_request_in_flight_rests_on_and_holds_up_nobody(page: Page) -> None:
    clock = Clock()
    directory = page.directory(clock)
    busy, idle = directory.slot_of(SERVER), directory.slot_of(OTHER)
    count(page, 0, busy, SERVER, ServerCell.IN_FLIGHT)
    directory.release(SERVER)
    directory.release(OTHER)
    clock.time += QUARANTINE
    given = {directory.slot_of(f"server|b|10.9.9.9:{port}") for port in range(3)}
    assert idle in given
    assert busy not in given


def test_after_a_restart_rows_nobody_asked_for_are_given_away_after_their_rest(page: Page) -> None:
    before = page.directory(Clock())
    kept, gone = before.slot_of(SERVER), before.slot_of(OTHER)
    clock = Clock()
    directory = page.directory(clock)
    directory.slot_of(SERVER)
    directory.release_unclaimed()
    clock.time += QUARANTINE
    assert directory.slot_of(ROUTE) == gone
    assert directory.slot_of(SERVER) == kept


def test_a_page_of_another_layout_is_refused() -> None:
    fd = os.memfd_create("other")
    os.ftruncate(fd, 4096)
    with pytest.raises(ValueError, match="not a page"):
        Page.attach(fd)
    os.close(fd)


def test_owner_ids_tell_servers_from_routes_and_are_never_zero() -> None:
    assert all(owner_id(f"server|b|{n}") & 1 for n in range(200))
    assert not any(owner_id(f"route|n|ingress/x|{n}") & 1 for n in range(200))
    assert all(0 < owner_id(str(n)) < 1 << 63 for n in range(200))

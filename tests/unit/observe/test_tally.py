"""Tallies: counted over all workers, in bounded memory, whatever keys clients choose."""

import os
from collections.abc import Callable

import pytest

from ingress.observe.page import Page
from ingress.observe.tally import SETS, TABLE, WAYS, Tallies

SECOND = 1_000_000


@pytest.fixture
def pair() -> tuple[Tallies, Tallies]:
    page = Page.create(2, 512)
    return page.tallies(0), page.tallies(1)


def crowd(tallies: Tallies, key: Callable[..., int], count: int) -> list[int]:
    """Different keys that all meet in one set."""
    found: list[int] = []
    number = 0
    while len(found) < count:
        number += 1
        made = key(b"%d" % number)
        if (made >> 1) % SETS == 7:
            found.append(made)
    return found


def test_what_is_under_way_is_limited_over_all_workers(pair: tuple[Tallies, Tallies]) -> None:
    one, two = pair
    key = one.gauge(b"shop", b"client")
    assert key == two.gauge(b"shop", b"client")
    assert [each.enter(key, 3) for each in (one, two, one, two, one)] == [True, True, True, False, False]
    two.leave(key)
    assert one.enter(key, 3)
    assert not two.enter(key, 3)


def test_a_bucket_is_one_over_all_workers(pair: tuple[Tallies, Tallies]) -> None:
    key = pair[0].time(b"shop", b"client")

    def taken(now: int, times: int) -> int:
        return sum(not pair[turn % 2].take(key, SECOND, 3 * SECOND, now) for turn in range(times))

    assert taken(100 * SECOND, 10) == 3
    assert taken(101 * SECOND, 10) == 1
    assert taken(103 * SECOND, 10) == 2
    assert taken(1000 * SECOND, 10) == 3


def test_who_comes_too_soon_is_told_how_long_it_takes(pair: tuple[Tallies, Tallies]) -> None:
    one, two = pair
    key = one.time(b"x")
    assert one.take(key, SECOND, SECOND, 5 * SECOND) == 0
    assert two.take(key, SECOND, SECOND, 5 * SECOND + 300_000) == 700_000
    assert two.take(key, SECOND, SECOND, 6 * SECOND) == 0


def test_keys_of_different_names_or_kinds_are_counted_apart(pair: tuple[Tallies, Tallies]) -> None:
    one, _ = pair
    keys = {one.gauge(b"a", b"b"), one.gauge(b"ab", b""), one.time(b"a", b"b"), one.time(b"ab", b"")}
    assert len(keys) == 4
    assert all(one.enter(key, 1) for key in keys if key & 1)


def test_other_pages_have_other_keys() -> None:
    assert Page.create(1, 512).tallies(0).gauge(b"a") != Page.create(1, 512).tallies(0).gauge(b"a")


def test_however_many_clients_come_memory_is_bounded_and_the_idle_go_first() -> None:
    tallies = Tallies.alone()
    keys = crowd(tallies, tallies.time, 3 * WAYS)
    for now, key in enumerate(keys):
        assert tallies.take(key, SECOND, SECOND, now * SECOND) == 0
    # Those that came last are still known.
    late = len(keys) * SECOND - 1
    assert tallies.take(keys[-1], SECOND, SECOND, late) == 1
    assert len(tallies._own) == TABLE


def test_what_is_in_use_does_not_give_way_as_long_as_something_is_idle() -> None:
    tallies = Tallies.alone()
    busy, more = crowd(tallies, tallies.time, WAYS)[:-1], crowd(tallies, tallies.time, WAYS)[-1]
    [idle] = crowd(tallies, tallies.gauge, 1)
    assert tallies.take(busy[0], SECOND, SECOND, 0) == 0
    assert tallies.enter(idle, 1)
    tallies.leave(idle)
    assert not any(tallies.take(key, SECOND, SECOND, 0) for key in (*busy[1:], more))
    assert all(tallies.take(key, SECOND, SECOND, 0) == SECOND for key in (*busy, more))


def test_in_a_set_full_of_buckets_the_one_that_is_forgotten_soonest_gives_way() -> None:
    tallies = Tallies.alone()
    keys = crowd(tallies, tallies.time, WAYS + 1)
    for number, key in enumerate(keys[:WAYS]):
        assert tallies.take(key, (number + 1) * SECOND, (number + 1) * SECOND, 0) == 0
    assert tallies.take(keys[WAYS], 100 * SECOND, 100 * SECOND, 0) == 0
    assert tallies.take(keys[0], SECOND, SECOND, 0) == 0, "it was forgotten"
    assert tallies.take(keys[WAYS], 100 * SECOND, 100 * SECOND, 0) == 100 * SECOND


def test_a_set_full_of_what_is_under_way_lets_others_pass_uncounted_and_loses_nothing() -> None:
    tallies = Tallies.alone()
    keys = crowd(tallies, tallies.gauge, WAYS + 1)
    assert all(tallies.enter(key, 1) for key in keys)
    assert not any(tallies.enter(key, 1) for key in keys[:WAYS])
    for key in keys:
        tallies.leave(key)
    assert all(tallies.enter(key, 1) for key in keys[:WAYS])


def test_what_a_worker_had_under_way_when_it_died_is_not_counted_by_its_successor() -> None:
    page = Page.create(2, 512)
    one, two = page.tallies(0), page.tallies(1)
    gauge, bucket = one.gauge(b"g"), one.time(b"t")
    assert one.enter(gauge, 2)
    assert two.enter(gauge, 2)
    assert one.take(bucket, SECOND, SECOND, 0) == 0
    page.begin(0)
    assert page.tallies(0).enter(gauge, 2)
    assert not page.tallies(0).enter(gauge, 2)
    assert two.take(bucket, SECOND, SECOND, 0) == SECOND


def test_a_table_that_is_not_used_costs_no_memory() -> None:
    page = Page.create(64, 512)
    for worker in range(64):
        page.begin(worker)
    assert os.fstat(page.fd).st_blocks * 512 < TABLE * 8


@pytest.mark.parametrize("most", [1, 100])
def test_two_processes_that_race_miss_each_other_seldom(most: int) -> None:
    """The bound that is written down: as many more as there are other workers, for each decision."""
    page = Page.create(2, 512)
    key = page.tallies(0).time(b"race")
    reader, writer = os.pipe()
    children = []
    for worker in range(2):
        pid = os.fork()
        if pid == 0:
            tallies = Page.attach(page.fd).tallies(worker)
            taken = sum(not tallies.take(key, SECOND, most * SECOND, 0) for _ in range(20_000))
            os.write(writer, b"%d\n" % taken)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    os.close(writer)
    with os.fdopen(reader) as answers:
        total = sum(map(int, answers))
    assert most <= total <= 2 * most

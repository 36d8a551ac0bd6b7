"""A key belongs to one server: which ones move when servers come and go, and how evenly they are spread."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.balance.hashing import LARGEST_RING, POINTS, Hashing, Ring
from ingress.balance.server import ServerState
from ingress.model.backend import Server
from ingress.model.persistence import HashType

KEYS = [b"client-%d" % number for number in range(4000)]


def servers(*weights: int, first: int = 1) -> list[ServerState]:
    facts = [Server(f"10.0.{n >> 8}.{n & 255}", 80, weight) for n, weight in enumerate(weights, first)]
    return [ServerState(fact, 0) for fact in facts]


def homes(shares: Sequence[tuple[int, Sequence[ServerState]]], kind: HashType) -> Mapping[bytes, str]:
    hashing = Hashing(shares, kind)
    return {key: found.fact.host for key in KEYS if (found := hashing.find(key)) is not None}


def moved(one: Mapping[bytes, str], other: Mapping[bytes, str]) -> set[bytes]:
    return {key for key in one if one[key] != other[key]}


CONSISTENT, MAP_BASED = HashType.CONSISTENT, HashType.MAP_BASED


def test_a_key_has_the_same_server_in_every_worker_whatever_the_order_of_the_facts() -> None:
    for group in permutations(servers(1, 2, 3)):
        assert homes([(1, group)], CONSISTENT) == homes([(1, servers(1, 2, 3))], CONSISTENT)


def test_a_key_has_the_same_server_in_the_next_process_and_in_the_next_release() -> None:
    """Changed, it would send every client to another server while Headgate is updated."""
    found = homes([(1, servers(1, 1, 1, 1))], CONSISTENT)
    assert [found[key].removeprefix("10.0.0.") for key in KEYS[:12]] == list("241132433411")


def test_when_a_server_goes_only_its_own_keys_move() -> None:
    all_of_them = servers(*[1] * 10)
    before = homes([(1, all_of_them)], CONSISTENT)
    for gone in all_of_them:
        after = homes([(1, [each for each in all_of_them if each is not gone])], CONSISTENT)
        assert moved(before, after) == {key for key in KEYS if before[key] == gone.fact.host}


def test_when_a_server_comes_only_the_keys_move_that_it_gets() -> None:
    before = homes([(1, servers(*[1] * 9))], CONSISTENT)
    after = homes([(1, servers(*[1] * 10))], CONSISTENT)
    assert {after[key] for key in moved(before, after)} == {"10.0.0.10"}


def test_with_a_map_nearly_all_keys_move_when_a_server_goes() -> None:
    before, after = homes([(1, servers(*[1] * 10))], MAP_BASED), homes([(1, servers(*[1] * 9))], MAP_BASED)
    assert len(moved(before, after)) > len(KEYS) * 3 / 4


def test_a_small_change_of_one_weight_moves_few_keys() -> None:
    before, after = (
        homes([(1, servers(100, 100, 100))], CONSISTENT),
        homes([(1, servers(100, 100, 90))], CONSISTENT),
    )
    assert len(moved(before, after)) < len(KEYS) * 0.1
    assert {before[key] for key in moved(before, after)} == {"10.0.0.3"}


@pytest.mark.parametrize(("kind", "tolerance"), [(CONSISTENT, 0.35), (MAP_BASED, 0.15)])
@pytest.mark.parametrize("weights", [(1,) * 10, (1, 2, 3, 4), (100, 50, 50), (1, 1, 1000)])
def test_keys_are_spread_by_the_weights(kind: HashType, tolerance: float, weights: Sequence[int]) -> None:
    counts = Counter(homes([(1, servers(*weights))], kind).values())
    for host, weight in zip((f"10.0.0.{n}" for n in range(1, 99)), weights, strict=False):
        ideal = len(KEYS) * weight / sum(weights)
        assert abs(counts[host] - ideal) <= tolerance * ideal + 40


def test_groups_have_their_shares_of_the_keys_and_a_step_of_a_share_moves_that_much() -> None:
    pods, machines = servers(1, 1), servers(1, 1, 1, first=101)
    before = homes([(30, pods), (70, machines)], CONSISTENT)
    after = homes([(31, pods), (69, machines)], CONSISTENT)
    counts = Counter(host in ("10.0.0.1", "10.0.0.2") for host in before.values())
    assert abs(counts[True] - 1200) < 120
    assert 0 < len(moved(before, after)) < 80
    assert all(after[key] in ("10.0.0.1", "10.0.0.2") for key in moved(before, after))


@pytest.mark.parametrize("kind", HashType)
def test_without_servers_no_key_has_one(kind: HashType) -> None:
    assert Hashing((), kind).find(b"x") is None


@settings(deadline=None)
@given(st.lists(st.integers(1, 70_000), min_size=1, max_size=5), st.binary())
def test_every_key_has_a_server_whatever_the_weights(weights: list[int], key: bytes) -> None:
    for kind in HashType:
        assert Hashing([(1, servers(*weights))], kind).find(key) is not None


def test_a_ring_of_very_many_servers_has_a_bound() -> None:
    ring = Ring(servers(*[1] * 3000))
    assert len(ring._points) <= LARGEST_RING * 2
    assert len({ring.find(number << 12).fact.host for number in range(1 << 20)}) > 2900
    assert len(Ring(servers(1))._points) == POINTS

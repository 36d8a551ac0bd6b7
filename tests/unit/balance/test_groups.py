"""Servers of several places behind one backend: shares, tiers, and what a change must not disturb."""

from collections import Counter
from random import Random

import pytest

from ingress.balance.backend import BackendState
from ingress.balance.groups import nearest
from ingress.balance.server import ServerState
from ingress.model.backend import Backend, BackendSettings, Balance, Group, Server


def state(backend: Backend, load: dict[str, int] | None = None) -> BackendState:
    loads = load or {}
    dice = Random(7).random
    made = BackendState("b", lambda *_: 0, lambda server: loads.get(server.fact.host, 0), dice)
    made.put(backend, ())
    return made


def pool(pods: int, machines: int, share: int, balance: Balance = Balance.ROUND_ROBIN) -> Backend:
    """Pods and machines, the machines with this share of a hundred."""
    servers = [Server(f"p{number}", 80) for number in range(pods)]
    servers += [Server(f"m{number}", 80, group=1) for number in range(machines)]
    groups = (Group("kubernetes", 100 - share), Group("consul", share))
    return Backend("b", tuple(servers), BackendSettings(balance=balance), groups=groups)


def spread(backend: BackendState, times: int) -> Counter[str]:
    return Counter(server.fact.host for _ in range(times) if (server := backend.choose()))


def by_place(counts: Counter[str]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for host, count in counts.items():
        sums[host[0]] += count
    return dict(sums)


@pytest.mark.parametrize("balance", Balance)
@pytest.mark.parametrize("share", [1, 30, 99])
def test_groups_get_their_shares_whatever_their_numbers_and_the_algorithm(
    balance: Balance, share: int
) -> None:
    counts = spread(state(pool(40, 3, share, balance)), 1000)
    assert by_place(counts) == {"p": (100 - share) * 10, "m": share * 10}


def test_within_a_group_servers_have_their_own_weights() -> None:
    servers = (Server("p", 80), Server("m", 80, 3, group=1), Server("n", 80, 1, group=1))
    backend = Backend("b", servers, groups=(Group("kubernetes", 60), Group("consul", 40)))
    assert spread(state(backend), 100) == {"p": 60, "m": 30, "n": 10}


def test_a_group_of_share_0_gets_nothing_not_even_another_try() -> None:
    made = state(pool(1, 1, 0))
    assert spread(made, 20) == {"p0": 20}
    (first,) = made.usable
    assert made.choose((first,)) is first
    made.put(pool(0, 1, 0), ())
    assert made.choose() is None


def test_a_group_without_healthy_servers_leaves_its_share_to_the_others() -> None:
    made = state(pool(2, 2, 50))
    for server in made.servers:
        server.up = server.fact.group == 0
    made.refresh()
    assert by_place(spread(made, 20)) == {"p": 20}


def test_another_try_goes_to_the_other_group_when_a_group_is_used_up() -> None:
    made = state(pool(1, 1, 50))
    first = made.choose()
    assert first is not None
    second = made.choose((first,))
    assert second is not None
    assert second.fact.group != first.fact.group


def test_a_step_of_the_shares_goes_on_where_the_groups_were() -> None:
    made = state(pool(4, 0, 0))
    first = list(spread(made, 2))
    made.put(pool(4, 1, 1), ())
    assert sorted([*first, *spread(made, 2)]) == ["p0", "p1", "p2", "p3"]


def test_a_server_that_comes_is_the_next_of_its_group() -> None:
    made = state(pool(9, 9, 50))
    spread(made, 2)
    made.put(pool(9, 10, 50), ())
    assert spread(made, 2)["m9"] == 1


def test_a_backend_that_has_groups_no_longer_is_as_any_other() -> None:
    made = state(pool(1, 1, 0))
    made.put(Backend("b", (Server("p", 80), Server("m", 80))), ())
    assert spread(made, 4) == {"p": 2, "m": 2}


def tiered(enough: int, *tiers: int) -> BackendState:
    servers = tuple(Server(f"s{place}", 80, tier=tier) for place, tier in enumerate(tiers))
    return state(Backend("b", servers, enough=enough))


def fail(made: BackendState, *hosts: str) -> None:
    for server in made.servers:
        server.up = server.fact.host not in hosts
    made.refresh()


def test_the_first_tier_serves_alone_while_enough_of_it_are_healthy() -> None:
    made = tiered(2, 0, 0, 0, 1)
    assert set(spread(made, 12)) == {"s0", "s1", "s2"}
    fail(made, "s0")
    assert set(spread(made, 12)) == {"s1", "s2"}


def test_the_next_tier_joins_in_when_too_few_are_healthy_and_leaves_when_they_are_back() -> None:
    made = tiered(2, 0, 0, 1)
    fail(made, "s0")
    assert set(spread(made, 12)) == {"s1", "s2"}
    fail(made)
    assert set(spread(made, 12)) == {"s0", "s1"}


def test_a_tier_that_joins_in_too_late_is_followed_by_the_next() -> None:
    made = tiered(1, 0, 1, 2)
    fail(made, "s0", "s1")
    assert set(spread(made, 6)) == {"s2"}


def test_a_server_that_was_tried_is_followed_by_one_of_another_tier_if_there_is_no_other() -> None:
    made = tiered(1, 0, 1)
    first = made.choose()
    assert first is not None
    second = made.choose((first,))
    assert second is not None
    assert second.fact.host == "s1"


def test_tiers_are_judged_in_each_group() -> None:
    servers = (Server("p", 80), Server("far", 80, tier=1), Server("m", 80, group=1, tier=1))
    backend = Backend("b", servers, groups=(Group("kubernetes", 50), Group("consul", 50)))
    assert spread(state(backend), 20) == {"p": 10, "m": 10}


def test_servers_of_one_tier_cost_no_copy() -> None:
    servers = [ServerState(Server("a", 1, tier=1), 0), ServerState(Server("b", 1, tier=1), 0)]
    assert nearest(servers, 5) is servers


@pytest.mark.parametrize("balance", Balance)
def test_weights_show_in_the_spread_of_every_algorithm_also_without_load(balance: Balance) -> None:
    servers = (Server("a", 80, 3), Server("b", 80, 1))
    counts = spread(state(Backend("b", servers, BackendSettings(balance=balance))), 800)
    assert 0.2 < counts["b"] / 800 < 0.3


def test_least_conn_gives_a_heavier_server_more_requests_at_a_time() -> None:
    servers = (Server("a", 80, 3), Server("b", 80, 1))
    settings = BackendSettings(balance=Balance.LEAST_CONN)
    assert spread(state(Backend("b", servers, settings), {"a": 2, "b": 1}), 5) == {"a": 5}
    assert spread(state(Backend("b", servers, settings), {"a": 4, "b": 1}), 5) == {"b": 5}

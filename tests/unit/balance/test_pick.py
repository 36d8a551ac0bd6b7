"""The algorithms give each server its share."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ingress.balance.backend import BackendState
from ingress.balance.pick import LONGEST_TABLE, PICK, turns_of
from ingress.balance.server import ServerState
from ingress.model.backend import Backend, BackendSettings, Balance, Server


def backend(
    *weights: int, balance: Balance = Balance.ROUND_ROBIN, load: dict[str, int] | None = None
) -> BackendState:
    loads = load or {}
    state = BackendState("b", lambda *_: 0, lambda server: loads.get(server.fact.host, 0), lambda: 0.0)
    servers = tuple(Server(f"10.0.0.{index}", 80, weight) for index, weight in enumerate(weights, 1))
    state.put(Backend("b", servers, BackendSettings(balance=balance)), ())
    return state


def hosts(state: BackendState, times: int) -> list[str]:
    return [server.fact.host for _ in range(times) if (server := state.choose()) is not None]


def test_every_balance_can_pick() -> None:
    assert PICK.keys() == set(Balance)


def test_round_robin_visits_every_server_in_turn() -> None:
    assert hosts(backend(1, 1, 1), 6) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"] * 2


@given(st.lists(st.integers(1, 256), min_size=1, max_size=6))
def test_round_robin_gives_each_server_exactly_its_weight_in_one_round(weights: list[int]) -> None:
    state = backend(*weights)
    rounds = Counter(hosts(state, len(state.turns)))
    if sum(weights) <= LONGEST_TABLE:
        shares = [rounds[f"10.0.0.{index}"] * weights[0] for index in range(1, len(weights) + 1)]
        assert shares == [rounds["10.0.0.1"] * weight for weight in weights]


def test_turns_of_unequal_weights_are_spread_and_not_in_blocks() -> None:
    servers = [ServerState(Server("a", 1, 3), 0), ServerState(Server("b", 1, 1), 0)]
    names = [server.fact.host for server in turns_of(servers)]
    assert sorted(names) == ["a", "a", "a", "b"]
    assert names[-1] == "a"


def test_round_robin_goes_on_where_it_was_when_servers_go() -> None:
    state = backend(1, 1, 1)
    assert hosts(state, 1) == ["10.0.0.1"]
    state.put_servers([server.fact for server in state.servers][:2], ())
    assert hosts(state, 3) == ["10.0.0.2", "10.0.0.1", "10.0.0.2"]


def test_a_server_that_comes_gets_the_next_request_however_many_there_are() -> None:
    state = backend(*[1] * 20)
    assert hosts(state, 1) == ["10.0.0.1"]
    state.put_servers([Server("10.0.0.0", 80), *(server.fact for server in state.servers)], ())
    assert hosts(state, 3) == ["10.0.0.0", "10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize("away", [{"weight": 0}, {"drain": True}])
def test_a_server_that_comes_back_gets_the_next_request_however_many_there_are(away: dict[str, int]) -> None:
    facts = [Server(f"10.0.0.{number}", 80) for number in range(20)]
    state = backend()
    state.put_servers([*facts[:-1], replace(facts[-1], **away)], ())
    assert "10.0.0.19" not in hosts(state, 25)
    state.put_servers(facts, ())
    assert hosts(state, 1) == ["10.0.0.19"]


def test_least_conn_takes_the_least_loaded_for_its_weight() -> None:
    state = backend(1, 2, balance=Balance.LEAST_CONN, load={"10.0.0.1": 1, "10.0.0.2": 2})
    assert hosts(state, 1) == ["10.0.0.2"]


def test_least_conn_takes_idle_servers_in_turn() -> None:
    assert set(hosts(backend(1, 1, 1, balance=Balance.LEAST_CONN), 3)) == {"10.0.0.1", "10.0.0.2", "10.0.0.3"}


def test_random_draws_the_less_loaded_of_two() -> None:
    numbers = iter([0.0, 0.0, 0.9])
    state = BackendState(
        "b", lambda *_: 0, lambda server: 5 if server.fact.host == "a" else 0, lambda: next(numbers)
    )
    servers = (Server("a", 1), Server("b", 1))
    state.put(Backend("b", servers, BackendSettings(balance=Balance.RANDOM)), ())
    assert hosts(state, 1) == ["b"]


def drained(names: Sequence[str], drain: Sequence[str]) -> BackendState:
    state = BackendState("b", lambda *_: 0, lambda _: 0, lambda: 0.0)
    state.put_servers([Server(name, 1, drain=name in drain) for name in names], ())
    return state


def test_a_draining_server_gets_no_new_requests() -> None:
    assert set(hosts(drained("abc", "b"), 6)) == {"a", "c"}


def test_draining_servers_are_used_when_there_are_no_others() -> None:
    assert set(hosts(drained("ab", "ab"), 4)) == {"a", "b"}


def test_a_server_of_weight_0_gets_nothing() -> None:
    assert set(hosts(backend(0, 1), 4)) == {"10.0.0.2"}


def test_a_backend_without_servers_has_no_choice() -> None:
    assert backend().choose() is None


@pytest.mark.parametrize("balance", Balance)
def test_another_try_goes_to_another_server(balance: Balance) -> None:
    state = backend(1, 1, 1, balance=balance)
    first = state.choose()
    assert first is not None
    second = state.choose((first,))
    assert second is not None
    assert second is not first
    third = state.choose((first, second))
    assert third is not None
    assert third not in (first, second)


def test_the_only_server_is_tried_again() -> None:
    state = backend(1)
    only = state.choose()
    assert only is not None
    assert state.choose((only,)) is only


def test_another_try_goes_to_no_server_that_drains_or_has_no_weight() -> None:
    state = backend(1, 0)
    state.put_servers([*(server.fact for server in state.servers), Server("d", 1, drain=True)], ())
    first = state.choose()
    assert first is not None
    assert state.choose((first,)) is first

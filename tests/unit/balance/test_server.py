"""What is learned about a server takes it out, puts it back, and outlives its facts."""

from ingress.balance.backend import BackendState
from ingress.balance.server import FIRST_REST, LONGEST_REST, STRIKES, ServerState
from ingress.model.backend import Server


class Idle:
    closed = False

    def close_idle(self) -> None:
        self.closed = True


def state_of(*names: str) -> BackendState:
    state = BackendState("b", lambda *_: 0, lambda _: 0, lambda: 0.0)
    state.put_servers([Server(name, 1) for name in names], ())
    return state


def test_an_unreachable_server_is_out_at_once() -> None:
    server = ServerState(Server("a", 1), 0)
    assert server.failed(0.0, unreachable=True)
    assert not server.up


def test_a_server_that_resets_is_out_after_some_failures_in_a_row() -> None:
    server = ServerState(Server("a", 1), 0)
    outs = [server.failed(0.0, unreachable=False) for _ in range(STRIKES)]
    assert outs == [False] * (STRIKES - 1) + [True]


def test_a_good_answer_forgives_failures() -> None:
    server = ServerState(Server("a", 1), 0)
    for _ in range(STRIKES * 2):
        server.failed(0.0, unreachable=False)
        server.succeeded()
    assert server.up


def test_a_bad_server_rests_longer_each_time_up_to_a_bound() -> None:
    server = ServerState(Server("a", 1), 0)
    rests = []
    for _ in range(8):
        server.failed(100.0, unreachable=True)
        rests.append(server.rest_until - 100.0)
        server.revive()
    assert rests[:3] == [FIRST_REST, FIRST_REST * 2, FIRST_REST * 4]
    assert rests[-1] == LONGEST_REST


def test_a_revived_server_is_out_again_at_its_first_failure() -> None:
    server = ServerState(Server("a", 1), 0)
    server.failed(0.0, unreachable=True)
    server.revive()
    assert server.up
    assert server.failed(0.0, unreachable=False)


def test_a_server_that_is_out_gets_no_requests_unless_all_are() -> None:
    state = state_of("a", "b")
    one, other = state.servers
    one.failed(0.0, unreachable=True)
    state.refresh()
    assert [state.choose() for _ in range(3)] == [other] * 3
    other.failed(0.0, unreachable=True)
    state.refresh()
    assert {state.choose(), state.choose()} == {one, other}


def test_a_server_that_stays_keeps_what_was_learned() -> None:
    state = state_of("a", "b")
    server = state.servers[1]
    server.in_flight = 3
    state.put_servers([Server("b", 1, weight=5), Server("c", 1)], ())
    assert state.servers[0] is server
    assert server.in_flight == 3
    assert server.fact.weight == 5


def test_idle_connections_of_a_server_that_leaves_or_drains_are_closed() -> None:
    state = state_of("a", "b", "c")
    idle = {server.fact.host: Idle() for server in state.servers}
    for server in state.servers:
        server.idle.append(idle[server.fact.host])
    state.put_servers([Server("a", 1), Server("b", 1, drain=True)], ())
    assert {name: connection.closed for name, connection in idle.items()} == {
        "a": False,
        "b": True,
        "c": True,
    }


def test_the_connection_used_last_is_claimed_first() -> None:
    server = ServerState(Server("a", 1), 0)
    first, second = Idle(), Idle()
    server.idle += [first, second]
    assert server.claim() is second
    assert server.claim() is first
    assert server.claim() is None


def test_a_server_on_trial_gets_one_request_at_a_time_until_it_has_answered_well() -> None:
    state = state_of("a", "b")
    one, other = state.servers
    one.failed(0.0, unreachable=True)
    one.revive()
    state.refresh()
    assert {state.choose(), state.choose()} == {one, other}
    one.in_flight = 1
    assert [state.choose() for _ in range(4)] == [other] * 4
    one.succeeded()
    assert {state.choose(), state.choose()} == {one, other}

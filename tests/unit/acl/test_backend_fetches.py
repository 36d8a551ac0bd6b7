"""What rules find out about backends and their servers."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from ingress.acl.backend_uses import name_backends
from ingress.acl.formula import compile_condition
from ingress.acl.grammar import AclError, parse_rules
from ingress.balance.backend import BackendState
from ingress.model.backend import Backend, Server
from ingress.model.policy import Policy
from tests.unit.acl.conftest import Client, Surroundings, request_of

BLOG = "kubernetes:team-a/blog:80"


def state_of(*servers: Server) -> BackendState:
    state = BackendState(BLOG, lambda *_: 0, lambda _: 0, lambda: 0.0)
    state.put(Backend(BLOG, servers), ())
    return state


THREE = (Server("10.0.0.1", 80, name="blog-0"), Server("10.0.0.2", 80), Server("fd00::3", 80, 0))


class Counters:
    """Three requests on each server, nine a second."""

    def under_way(self, server: object) -> int:
        return 3

    def rate(self, servers: Any, name: str) -> int:
        return 9 * len(servers)

    def connections(self) -> int:
        return 7

    def connection_rate(self) -> int:
        return 5

    def request_rate(self) -> int:
        return 50


Holds = Callable[..., bool]


@pytest.fixture
def asked() -> Holds:
    """Whether a test holds in view of the backend `blog:80`, to which the request goes."""

    def holds(test: str, *servers: Server, down: tuple[str, ...] = ()) -> bool:
        state = state_of(*servers)
        for address in down:
            state.named(address).up = False  # type: ignore[union-attr]
        state.refresh()
        policy = name_backends(
            Policy(parse_rules(f"deny if {{ {test} }}", {})), lambda word: f"kubernetes:team-a/{word}"
        )
        client: Any = SimpleNamespace(**vars(Client()))
        client.backend = state
        client.surroundings = Surroundings()
        client.surroundings.backends = {BLOG: state}
        client.surroundings.meters = Counters()
        condition = policy.rules[0].condition
        assert condition is not None
        return compile_condition(condition)(request_of("GET /"), client)

    return holds


@pytest.mark.parametrize(
    "test",
    [
        "nbsrv(blog:80) 2",
        "nbsrv 2",
        "nbsrv(other:80) 0",
        "be_conn(blog:80) 9",
        "be_sess_rate 27",
        "queue(blog:80) 0",
        "avg_queue(blog:80) 0",
        "connslots(blog:80) lt 1",
        "connslots(other:80) 0",
        "srv_is_up(blog:80/blog-0)",
        "srv_is_up(blog:80/10.0.0.2:80)",
        "srv_is_up(blog:80/[fd00::3]:80)",
        "srv_is_up(blog-0)",
        "srv_conn(blog-0) 3",
        "srv_sess_rate(blog-0) 9",
        "srv_weight([fd00::3]:80) 0",
        "be_name kubernetes:team-a/blog:80",
        "fe_conn 7",
        "fe_sess_rate 5",
        "fe_req_rate 50",
    ],
)
def test_what_is_found(test: str, asked: Holds) -> None:
    assert asked(test, *THREE)


@pytest.mark.parametrize(
    "test", ["srv_is_up(blog:80/gone) -m found", "srv_is_up(other:80/blog-0) -m found", "srv_is_up(gone)"]
)
def test_a_server_that_is_not_there_is_no_sample(test: str, asked: Holds) -> None:
    assert not asked(test, *THREE)


def test_servers_that_are_down_or_drain_are_not_usable(asked: Holds) -> None:
    drained = (*THREE, Server("10.0.0.4", 80, drain=True))
    assert asked("nbsrv(blog:80) 1", *drained, down=("blog-0",))
    assert not asked("srv_is_up(blog:80/blog-0)", *drained, down=("blog-0",))
    assert asked("srv_is_up(blog:80/10.0.0.4:80)", *drained)


def test_where_all_are_down_none_is_usable_though_they_are_tried(asked: Holds) -> None:
    all_of_them = ("10.0.0.1:80", "10.0.0.2:80", "[fd00::3]:80")
    assert asked("nbsrv(blog:80) 0", *THREE, down=all_of_them)
    assert asked("connslots(blog:80) eq 0", *THREE, down=all_of_them)


def test_servers_in_reserve_count_when_they_serve(asked: Holds) -> None:
    tiers = (Server("10.0.0.1", 80), Server("10.0.0.2", 80, tier=1), Server("10.0.0.3", 80, tier=1))
    assert asked("nbsrv(blog:80) 1", *tiers)
    assert asked("nbsrv(blog:80) 2", *tiers, down=("10.0.0.1:80",))


@pytest.mark.parametrize(
    ("test", "why"),
    [
        ("srv_is_up", "a server is expected"),
        ("srv_is_up(blog:80/)", "ends before"),
        ("nbsrv(a,b)", "at most"),
    ],
)
def test_what_names_nothing_is_refused(test: str, why: str) -> None:
    with pytest.raises(AclError, match=why):
        parse_rules(f"deny if {{ {test} 1 }}", {})


def test_all_backends_that_rules_ask_about_are_listed_by_their_full_names() -> None:
    rules = "deny if { nbsrv(b:80) lt 1 }\nset-header x %[srv_conn(c:80/x)]%[nbsrv]%[be_conn(b:80)]"
    policy = name_backends(Policy(parse_rules(rules, {})), lambda word: f"k:{word}")
    assert policy.asked == policy.named_backends == ("k:b:80", "k:c:80")

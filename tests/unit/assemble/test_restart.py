"""A start from last-good state: it is served until its source has spoken."""

from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.assemble.state import State
from discovery.source import CertificateClaim, SourceState, SourceStatus
from ingress.model.listener import Certificate
from ingress.model.problem import Problem

LIVE = SourceStatus("kubernetes", SourceState.LIVE, last_contact=1_700_000_000.0)


@pytest.fixture
def state(assembly: Assembly, facts: Any) -> State:
    """Two objects with a backend each, as a process left them."""
    for name in ("shop", "blog"):
        origin = facts.origin(name)
        assembly.put(origin, facts.asks(origin, f"{name}.example.com/", backend=name))
        assembly.put_backend("kubernetes", facts.backend(name, "10.0.0.1"))
    assembly.synced("kubernetes")
    assembly.status(LIVE)
    return assembly.state()


@pytest.fixture
def successor(state: State) -> Assembly:
    assembly = Assembly(("kubernetes", "files"))
    assembly.restore(state)
    return assembly


def test_all_of_it_is_served_before_any_source_has_spoken(successor: Assembly, worker: Any) -> None:
    worker.apply(successor.take_changes())
    assert worker.hosts.keys() == {"shop.example.com", "blog.example.com"}
    assert [server.host for server in worker.backends["shop"].servers] == ["10.0.0.1"]


def test_its_age_can_be_seen_until_the_source_has_synced(successor: Assembly) -> None:
    [kubernetes, files] = successor.statuses()
    assert kubernetes.detail == "serving what it said until 2023-11-14T22:13:20Z"
    assert kubernetes.last_contact == LIVE.last_contact
    assert (files.detail, files.last_contact) == ("", 0.0)
    successor.status(SourceStatus("kubernetes", SourceState.STARTING, "connection refused"))
    assert successor.statuses()[0].detail == (
        "connection refused; serving what it said until 2023-11-14T22:13:20Z"
    )
    successor.synced("kubernetes")
    assert successor.statuses()[0].detail == "connection refused"


def test_only_sources_without_state_are_unknown(successor: Assembly) -> None:
    assert successor.unsynced() == ("kubernetes", "files")
    assert successor.unknown() == ("files",)
    successor.synced("files")
    assert (successor.unsynced(), successor.unknown()) == (("kubernetes",), ())


def test_what_the_source_has_not_said_when_it_has_synced_is_gone(
    successor: Assembly, facts: Any, worker: Any
) -> None:
    worker.apply(successor.take_changes())
    shop = facts.origin("shop")
    successor.put(shop, facts.asks(shop, "shop.example.com/", backend="shop"))
    successor.put_backend("kubernetes", facts.backend("shop", "10.0.0.1"))
    assert successor.take_changes() == []
    successor.synced("kubernetes")
    worker.apply(successor.take_changes())
    assert worker.hosts.keys() == {"shop.example.com"}
    assert worker.backends.keys() == {"shop"}


def test_a_backend_that_was_said_anew_stays_without_a_route_that_uses_it(
    successor: Assembly, facts: Any, worker: Any
) -> None:
    successor.put_backend("kubernetes", facts.backend("shop", "10.0.0.2"))
    successor.synced("kubernetes")
    worker.apply(successor.take_changes())
    assert worker.backends.keys() == {"shop"}


def test_another_source_that_has_synced_takes_nothing_of_it_away(successor: Assembly, worker: Any) -> None:
    worker.apply(successor.take_changes())
    successor.synced("files")
    assert successor.take_changes() == []


def test_a_new_word_on_one_object_replaces_only_that(successor: Assembly, facts: Any, worker: Any) -> None:
    shop = facts.origin("shop")
    successor.put(shop, facts.asks(shop, "new.example.com/", backend="shop"))
    successor.drop(facts.origin("never-seen"))
    worker.apply(successor.take_changes())
    assert worker.hosts.keys() == {"new.example.com", "blog.example.com"}


def test_a_flawed_version_is_held_back_across_the_restart(
    successor: Assembly, facts: Any, worker: Any
) -> None:
    shop = facts.origin("shop")
    problem = Problem(shop, "headgate.dev/balance", "unknown algorithm")
    successor.put(shop, facts.asks(shop, "shop.example.com/", backend="new", problems=[problem], flawed=True))
    successor.synced("kubernetes")
    worker.apply(successor.take_changes())
    assert worker.hosts["shop.example.com"].routes[0].backend == "shop"
    assert worker.backends["shop"].servers


def test_a_closed_route_is_closed_after_the_restart_and_is_not_taken_for_good(
    facts: Any, worker: Any
) -> None:
    shop, before = facts.origin("shop"), Assembly(("kubernetes",))
    problem = Problem(shop, "headgate.dev/acl", "unreadable", closes=True)
    before.put(shop, facts.asks(shop, "shop.example.com/", problems=[problem], closed="unreadable"))
    before.synced("kubernetes")
    after = Assembly(("kubernetes",))
    after.restore(before.state())
    worker.apply(after.take_changes())
    assert worker.hosts["shop.example.com"].routes[0].policy.closed == "unreadable"
    flaw = Problem(shop, "headgate.dev/balance", "unknown algorithm")
    after.put(shop, facts.asks(shop, "shop.example.com/", problems=[flaw], flawed=True))
    worker.apply(after.take_changes())
    assert worker.hosts["shop.example.com"].routes[0].policy.closed == ""
    assert after.held() == ()


def test_a_source_that_is_not_configured_any_more_leaves_nothing(state: State) -> None:
    assembly = Assembly(("files",))
    assembly.restore(state)
    assert assembly.take_changes() == []


def test_a_source_that_never_synced_is_not_in_the_state(assembly: Assembly, facts: Any) -> None:
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/"))
    assert assembly.state() == State()


def test_a_state_that_was_restored_can_be_left_again_with_its_age(successor: Assembly, state: State) -> None:
    assert successor.state() == state


def test_certificates_are_not_in_the_state(assembly: Assembly, facts: Any) -> None:
    claims = (CertificateClaim("shop.example.com", facts.origin("shop")),)
    assembly.put_certificate("kubernetes", Certificate("tls", (), b"c", b"SECRET"), claims)
    assembly.synced("kubernetes")
    assert "SECRET" not in repr(assembly.state())


def test_a_source_that_starts_over_loses_what_it_does_not_say_again(
    assembly: Assembly, state: State, facts: Any, worker: Any
) -> None:
    claims = (CertificateClaim("shop.example.com", facts.origin("blog")),)
    assembly.put_certificate("kubernetes", Certificate("tls", (), b"c", b"k"), claims)
    worker.apply(assembly.take_changes())
    assembly.start_over("kubernetes")
    assert assembly.take_changes() == []
    shop = facts.origin("shop")
    assembly.put(shop, facts.asks(shop, "shop.example.com/", backend="shop"))
    assembly.put_backend("kubernetes", facts.backend("shop", "10.0.0.1"))
    assembly.synced("kubernetes")
    worker.apply(assembly.take_changes())
    assert worker.hosts.keys() == {"shop.example.com"}
    assert worker.backends.keys() == {"shop"}
    assert worker.certificates == {}

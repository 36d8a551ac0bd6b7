"""What a source cannot read is not gone: it stays in force until somebody says what became of it."""

from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.source import CertificateClaim, Unread
from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.listener import Certificate
from ingress.model.route import Origin

SHOP = Origin("kubernetes", "ingress", "team-a", "shop")
BLOG = Origin("kubernetes", "ingress", "team-b", "blog")


@pytest.fixture
def successor(facts: Any) -> Assembly:
    """A process that was left two objects of two namespaces, each with its backend."""
    before = Assembly(("kubernetes",))
    for origin in (SHOP, BLOG):
        before.put(origin, facts.asks(origin, f"{origin.name}.example.com/", backend=origin.name))
        servers = (Server("10.0.0.1", 80),)
        backend = Backend(origin.name, servers, BackendSettings(), origin.namespace, origin.name)
        before.put_backend("kubernetes", backend)
    before.synced("kubernetes")
    after = Assembly(("kubernetes",))
    after.restore(before.state())
    return after


def hosts(assembly: Assembly, worker: Any) -> set[str]:
    worker.apply(assembly.take_changes())
    return set(worker.hosts)


@pytest.mark.parametrize(
    "unread",
    [Unread(namespaces=frozenset({"team-b"})), Unread(objects=frozenset({BLOG}))],
    ids=["a namespace", "an object"],
)
def test_what_is_unread_stays_and_the_rest_goes(successor: Assembly, worker: Any, unread: Unread) -> None:
    successor.synced("kubernetes", unread)
    assert hosts(successor, worker) == {"blog.example.com"}
    assert [server.host for server in worker.backends["blog"].servers] == ["10.0.0.1"]
    assert successor.unsynced() == ()


def test_while_anything_may_be_unread_nothing_goes(successor: Assembly, worker: Any) -> None:
    successor.synced("kubernetes", Unread(everything=True))
    assert hosts(successor, worker) == {"shop.example.com", "blog.example.com"}


def test_it_goes_as_soon_as_it_can_be_read_and_is_not_there(successor: Assembly, worker: Any) -> None:
    successor.synced("kubernetes", Unread(everything=True))
    successor.synced("kubernetes", Unread(objects=frozenset({SHOP})))
    assert hosts(successor, worker) == {"shop.example.com"}
    successor.synced("kubernetes")
    assert hosts(successor, worker) == set()
    assert worker.backends == {}


def test_what_the_source_drops_goes_whatever_is_unread(successor: Assembly, worker: Any) -> None:
    successor.synced("kubernetes", Unread(everything=True))
    successor.drop(BLOG)
    assert hosts(successor, worker) == {"shop.example.com"}


def test_the_backends_of_an_unread_service_stay_without_a_route_to_them(
    successor: Assembly, worker: Any
) -> None:
    service = Origin("kubernetes", "service", "team-b", "blog")
    successor.synced("kubernetes", Unread(objects=frozenset({service})))
    assert hosts(successor, worker) == set()
    assert worker.backends.keys() == {"blog"}


def test_a_certificate_stays_with_the_unread_object_that_wants_it(assembly: Assembly, worker: Any) -> None:
    claims = (CertificateClaim("blog.example.com", BLOG),)
    assembly.put_certificate("kubernetes", Certificate("tls", (), b"chain", b"key"), claims)
    assembly.start_over("kubernetes")
    assembly.synced("kubernetes", Unread(objects=frozenset({BLOG})))
    worker.apply(assembly.take_changes())
    assert worker.certificates.keys() == {"tls"}
    assembly.synced("kubernetes")
    worker.apply(assembly.take_changes())
    assert worker.certificates == {}


def test_what_was_restored_can_be_asked_for_with_its_backends(successor: Assembly, facts: Any) -> None:
    assert successor.restored("kubernetes") == {SHOP: {"shop"}, BLOG: {"blog"}}
    successor.put(SHOP, facts.asks(SHOP, "shop.example.com/", backend="shop"))
    assert successor.restored("kubernetes") == {BLOG: {"blog"}}
    assert successor.restored("files") == {}

"""The state that a controller leaves in memory for its successor."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.assemble.state import State
from discovery.in_memory import InMemory
from discovery.source import CertificateClaim
from ingress.model.listener import Certificate

SOURCES = ("kubernetes", "consul")
SHOP = Certificate("kubernetes:team-a/tls", ("shop.example.com",), b"CHAIN", b"KEY")


@pytest.fixture
def descriptors() -> Iterator[list[int]]:
    made = [os.memfd_create(f"test-{number}") for number in range(2)]
    yield made
    for descriptor in made:
        os.close(descriptor)


@pytest.fixture
def predecessor(facts: Any) -> Assembly:
    """A host of which each of two sources has a part, and a certificate for it."""
    assembly = Assembly(SOURCES)
    for source, path in (("kubernetes", "/"), ("consul", "/blog")):
        origin = facts.origin("shop", source=source)
        assembly.put_backend(source, facts.backend(f"{source}:shop", "10.0.0.1"))
        assembly.put(origin, facts.asks(origin, f"shop.example.com{path}", backend=f"{source}:shop"))
        assembly.synced(source)
    origin = facts.origin("shop")
    assembly.put_certificate("kubernetes", SHOP, (CertificateClaim("shop.example.com", origin),))
    return assembly


def test_a_successor_keeps_what_a_silent_source_has_said_of_a_host_it_shares_with_a_live_one(
    predecessor: Assembly, descriptors: list[int], facts: Any, make_worker: Callable[[], Any]
) -> None:
    InMemory(descriptors).save(predecessor.state(secrets=True))
    state = InMemory(descriptors).load()
    assert state
    successor, worker = Assembly(SOURCES), make_worker()
    successor.restore(state)
    origin = facts.origin("shop", source="consul")
    successor.put_backend("consul", facts.backend("consul:shop", "10.0.0.2"))
    successor.put(origin, facts.asks(origin, "shop.example.com/blog", backend="consul:shop"))
    successor.synced("consul")
    worker.apply(successor.take_changes())
    assert {route.path for route in worker.hosts["shop.example.com"].routes} == {"/", "/blog"}
    assert worker.backends.keys() == {"kubernetes:shop", "consul:shop"}
    assert worker.certificates == {SHOP.name: SHOP}


def test_a_restored_certificate_goes_when_its_source_does_not_say_it_again(predecessor: Assembly) -> None:
    successor = Assembly(SOURCES)
    successor.restore(predecessor.state(secrets=True))
    successor.take_changes()
    assert successor.certificates() == (SHOP,)
    successor.synced("kubernetes")
    successor.take_changes()
    assert successor.certificates() == ()


def test_keys_are_in_no_state_that_is_for_a_disk(predecessor: Assembly) -> None:
    assert predecessor.state().certificates == ()
    assert predecessor.state(secrets=True).certificates


def test_nothing_was_left_by_nobody(descriptors: list[int]) -> None:
    assert InMemory(descriptors).load() is None


def test_the_newest_is_loaded_and_the_one_before_while_that_is_cut_off(descriptors: list[int]) -> None:
    memory = InMemory(descriptors)
    older, newer = State(contacts={"a": 1.0}), State(contacts={"a": 2.0})
    # The kernel's clock is too coarse for a test, so it is set by hand.
    for descriptor in descriptors:
        os.utime(descriptor, ns=(0, 0))
    for time, state in enumerate((older, newer), 1):
        memory.save(state)
        os.utime(max(descriptors, key=written), ns=(time, time))
    assert memory.load() == newer
    newest = max(descriptors, key=written)
    data = os.pread(newest, 1 << 20, 0)
    assert data
    for cut in range(len(data)):
        os.ftruncate(newest, cut)
        os.utime(newest, ns=(2, 2))
        assert memory.load() == older
        os.pwrite(newest, data, 0)


def written(descriptor: int) -> int:
    return os.fstat(descriptor).st_mtime_ns

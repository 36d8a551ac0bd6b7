"""What workers are told: what differs, in an order that always makes sense."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from discovery.assemble import Assembly
from discovery.source import CertificateClaim
from ingress.model.backend import BackendSettings
from ingress.model.change import DropBackend, DropHost, PutBackend, PutCertificate, PutHost, PutServers
from ingress.model.listener import Certificate


@pytest.fixture
def served(assembly: Assembly, facts: Any) -> Assembly:
    """One host with one backend, taken."""
    origin = facts.origin("shop")
    assembly.put(origin, facts.asks(origin, "shop.example.com/"))
    assembly.put_backend("kubernetes", facts.backend("shop", "10.0.0.1"))
    assembly.take_changes()
    return assembly


def test_a_backend_comes_before_the_host_and_goes_after_it(assembly: Assembly, facts: Any) -> None:
    origin = facts.origin("shop")
    assembly.put(origin, facts.asks(origin, "shop.example.com/"))
    assembly.put_backend("kubernetes", facts.backend("shop"))
    assert [type(change) for change in assembly.take_changes()] == [PutBackend, PutHost]
    assembly.drop_backend("kubernetes", "shop")
    assembly.drop(origin)
    assert [type(change) for change in assembly.take_changes()] == [DropHost, DropBackend]


def test_a_host_that_moves_to_another_backend_is_never_without_one(served: Assembly, facts: Any) -> None:
    origin = facts.origin("shop")
    served.drop_backend("kubernetes", "shop")
    served.put(origin, facts.asks(origin, "shop.example.com/", backend="new"))
    served.put_backend("kubernetes", facts.backend("new"))
    assert [type(change) for change in served.take_changes()] == [PutBackend, PutHost, DropBackend]


def test_other_servers_are_one_small_message(served: Assembly, facts: Any) -> None:
    backend = facts.backend("shop", "10.0.0.1", "10.0.0.2")
    served.put_backend("kubernetes", backend)
    assert served.take_changes() == [PutServers("shop", backend.servers)]


def test_other_settings_are_the_whole_backend(served: Assembly, facts: Any) -> None:
    backend = facts.backend("shop", "10.0.0.1", settings=BackendSettings(tries=7))
    served.put_backend("kubernetes", backend)
    assert served.take_changes() == [PutBackend(backend)]


def test_what_is_said_again_is_not_told_again(served: Assembly, facts: Any) -> None:
    calls: list[None] = []
    served.changed = lambda: calls.append(None)
    served.put(facts.origin("shop"), facts.asks(facts.origin("shop"), "shop.example.com/"))
    served.put_backend("kubernetes", facts.backend("shop", "10.0.0.1"))
    assert served.take_changes() == []
    assert calls == []


def test_what_was_changed_and_changed_back_is_not_told(served: Assembly, facts: Any) -> None:
    served.put_backend("kubernetes", facts.backend("shop"))
    served.put_backend("kubernetes", facts.backend("shop", "10.0.0.1"))
    assert served.take_changes() == []


def test_a_claim_that_loses_changes_no_host(served: Assembly, facts: Any) -> None:
    loser = facts.origin("zzz")
    served.put(loser, facts.asks(loser, "shop.example.com/"))
    assert served.take_changes() == []
    assert len(served.problems()) == 1


def test_the_order_of_words_does_not_change_a_host(served: Assembly, facts: Any) -> None:
    blog, shop = facts.origin("blog"), facts.origin("shop")
    served.put(blog, facts.asks(blog, "shop.example.com/blog"))
    served.take_changes()
    # Only the other host is new to the worker; the shared one has the same routes as before.
    served.put(shop, facts.asks(shop, "shop.example.com/", "new.example.com/"))
    assert [change.host.name for change in served.take_changes()] == ["new.example.com"]  # type: ignore[union-attr]


def test_the_callback_comes_once_until_the_changes_are_taken(assembly: Assembly, facts: Any) -> None:
    calls: list[None] = []
    assembly.changed = lambda: calls.append(None)
    for name in ("a", "b", "c"):
        assembly.put_backend("kubernetes", facts.backend(name))
    assert len(calls) == 1
    assembly.take_changes()
    assembly.put_backend("kubernetes", facts.backend("d"))
    assert len(calls) == 2


def test_a_problem_alone_is_worth_a_call(served: Assembly, facts: Any) -> None:
    calls: list[None] = []
    served.changed = lambda: calls.append(None)
    loser = facts.origin("zzz")
    served.put(loser, facts.asks(loser, "shop.example.com/"))
    assert len(calls) == 1


def test_a_full_state_is_what_was_taken_even_while_more_is_taken(
    served: Assembly, facts: Any, worker: Any
) -> None:
    slices = served.full_state()
    worker.apply([next(slices)])
    served.put_backend("kubernetes", facts.backend("blog"))
    served.drop(facts.origin("shop"))
    later = served.take_changes()
    worker.apply(slices)
    assert worker.owner("shop.example.com/") == "shop"
    worker.apply(later)
    assert worker.hosts == {}
    assert worker.backends.keys() == {"shop", "blog"}


def test_certificates_come_and_go_by_name(assembly: Assembly, facts: Any) -> None:
    certificate = Certificate("kubernetes:team-a/tls", ("shop.example.com",), b"chain", b"key")
    claims = (CertificateClaim("shop.example.com", facts.origin("shop")),)
    assembly.put_certificate("kubernetes", certificate, claims)
    assert assembly.take_changes() == [PutCertificate(certificate)]
    assembly.put_certificate("kubernetes", certificate, claims)
    assert assembly.take_changes() == []
    assembly.drop_certificate("kubernetes", certificate.name)
    assert len(assembly.take_changes()) == 1


HOSTS = ("a.example.com", "b.example.com", "")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "drop", "backend", "drop_backend", "take"]),
        st.integers(0, 4),
        st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from("/xy")), max_size=3),
        st.sampled_from(["", "2024", "2025"]),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_messages_add_up_to_what_a_fresh_assembly_says(
    facts: Any, make_worker: Any, steps: list[Any]
) -> None:
    assembly, worker, successor = Assembly(("kubernetes",)), make_worker(), make_worker()
    said: dict[Any, Any] = {}
    backends: dict[str, Any] = {}
    for verb, number, places, created in steps:
        origin, name = facts.origin(f"object-{number}"), f"backend-{number}"
        if verb == "put":
            paths = [f"{host}/{path.strip('/')}" for host, path in places]
            said[origin] = facts.asks(origin, *paths, backend=name, created=created, ports=(number % 2,))
            assembly.put(origin, said[origin])
        elif verb == "drop":
            said.pop(origin, None)
            assembly.drop(origin)
        elif verb == "backend":
            backends[name] = facts.backend(name, *(f"10.0.0.{len(host)}" for host, _ in places))
            assembly.put_backend("kubernetes", backends[name])
        elif verb == "drop_backend" and not any(name in str(each) for each in said.values()):
            backends.pop(name, None)
            assembly.drop_backend("kubernetes", name)
        else:
            worker.apply(assembly.take_changes())
    worker.apply(assembly.take_changes())
    successor.apply(assembly.full_state())
    assert successor.state == worker.state
    fresh, newcomer = _fresh(said, backends), make_worker()
    newcomer.apply(fresh.take_changes())
    assert worker.state == newcomer.state
    assert assembly.problems() == fresh.problems()


def _fresh(said: dict[Any, Any], backends: dict[str, Any]) -> Assembly:
    fresh = Assembly(("kubernetes",))
    for origin in sorted(said):
        fresh.put(origin, said[origin])
    for backend in backends.values():
        fresh.put_backend("kubernetes", backend)
    return fresh

"""Two certificates for one host: the oldest object that names one decides, in any order of events."""

from itertools import permutations
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.source import CertificateClaim
from ingress.model.listener import Certificate

HOST = "shop.example.com"
OLD, NEW = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"


def put(assembly: Assembly, facts: Any, name: str, created: str, *hosts: str) -> None:
    """A Secret of a namespace, wanted by an Ingress of this age there."""
    origin = facts.origin("web", namespace=name)
    claims = tuple(CertificateClaim(host, origin, created) for host in hosts or (HOST,))
    assembly.put_certificate("kubernetes", Certificate(name, (), name.encode(), b"key"), claims)


def served(assembly: Assembly, worker: Any) -> dict[str, tuple[str, ...]]:
    worker.apply(assembly.take_changes())
    return {name: each.hosts for name, each in worker.certificates.items()}


@pytest.mark.parametrize("order", [*permutations([("a", NEW), ("b", OLD), ("c", "")])])
def test_the_oldest_object_decides_whoever_came_first(
    assembly: Assembly, facts: Any, worker: Any, order: Any
) -> None:
    for name, created in order:
        put(assembly, facts, name, created)
    assert served(assembly, worker) == {"b": (HOST,)}


def test_the_loser_is_told_and_keeps_its_other_hosts(assembly: Assembly, facts: Any, worker: Any) -> None:
    put(assembly, facts, "a", NEW, HOST, "a.example.com")
    put(assembly, facts, "b", OLD)
    assert served(assembly, worker) == {"a": ("a.example.com",), "b": (HOST,)}
    assert list(map(str, assembly.problems())) == [
        "ingress a/web: the certificate of host shop.example.com belongs to ingress b/web, which is older"
    ]


def test_the_next_in_line_serves_the_host_when_the_winner_goes(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    put(assembly, facts, "a", NEW)
    put(assembly, facts, "b", OLD)
    assert served(assembly, worker) == {"b": (HOST,)}
    assembly.drop_certificate("kubernetes", "b")
    assert served(assembly, worker) == {"a": (HOST,)}
    assert assembly.problems() == ()


def test_a_winner_that_does_not_name_the_host_any_more_gives_it_up(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    put(assembly, facts, "a", NEW)
    put(assembly, facts, "b", OLD)
    put(assembly, facts, "b", OLD, "b.example.com")
    assert served(assembly, worker) == {"a": (HOST,), "b": ("b.example.com",)}


def test_an_object_that_names_one_certificate_twice_has_no_conflict(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    put(assembly, facts, "a", OLD, HOST, HOST)
    assert served(assembly, worker) == {"a": (HOST,)}
    assert assembly.problems() == ()


def test_a_renewed_certificate_keeps_its_hosts(assembly: Assembly, facts: Any, worker: Any) -> None:
    put(assembly, facts, "a", OLD)
    put(assembly, facts, "b", NEW)
    claims = (CertificateClaim(HOST, facts.origin("web", namespace="a"), OLD),)
    assembly.put_certificate("kubernetes", Certificate("a", (), b"renewed", b"key"), claims)
    assert served(assembly, worker) == {"a": (HOST,)}
    assert worker.certificates["a"].chain == b"renewed"


def test_of_all_objects_that_name_a_certificate_the_oldest_counts(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    put(assembly, facts, "a", "2024-06-01T00:00:00Z")
    young, old = facts.origin("young", namespace="b"), facts.origin("old", namespace="b")
    claims = (CertificateClaim(HOST, young, NEW), CertificateClaim(HOST, old, OLD))
    assembly.put_certificate("kubernetes", Certificate("b", (), b"chain", b"key"), claims)
    assert served(assembly, worker) == {"b": (HOST,)}
    assembly.put_certificate("kubernetes", Certificate("b", (), b"chain", b"key"), claims[:1])
    assert served(assembly, worker) == {"a": (HOST,)}


def put_kind(assembly: Assembly, facts: Any, name: str, kind: str, created: str) -> None:
    """The same with a key of this kind; the namespace is the first letter of the name."""
    claims = (CertificateClaim(HOST, facts.origin("web", namespace=name[0]), created),)
    assembly.put_certificate("kubernetes", Certificate(name, (), name.encode(), b"key", kind), claims)


def test_a_host_has_a_certificate_for_each_kind_of_key_of_its_owner(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    put_kind(assembly, facts, "a-rsa", "rsa", OLD)
    put_kind(assembly, facts, "a-ecdsa", "ecdsa", OLD)
    put_kind(assembly, facts, "b-ecdsa", "ecdsa", NEW)
    assert served(assembly, worker) == {"a-rsa": (HOST,), "a-ecdsa": (HOST,)}
    assert [str(problem.origin) for problem in assembly.problems()] == ["ingress b/web"]


def test_another_namespace_adds_no_kind_of_key_to_a_host(assembly: Assembly, facts: Any, worker: Any) -> None:
    put_kind(assembly, facts, "a-rsa", "rsa", OLD)
    put_kind(assembly, facts, "b-ecdsa", "ecdsa", NEW)
    assert served(assembly, worker) == {"a-rsa": (HOST,)}
    assembly.drop_certificate("kubernetes", "a-rsa")
    assert served(assembly, worker) == {"b-ecdsa": (HOST,)}


@pytest.mark.parametrize("name", [HOST, "*.example.com"])
def test_a_host_is_certified_as_long_as_a_certificate_is_for_it(
    assembly: Assembly, facts: Any, worker: Any, name: str
) -> None:
    origin = facts.origin("web")
    assembly.put(origin, facts.asks(origin, f"{HOST}/"))
    seen = []

    def look() -> None:
        worker.apply(assembly.take_changes())
        seen.append(worker.hosts[HOST].certified)

    look()
    put(assembly, facts, "a", OLD, name)
    look()
    assembly.drop_certificate("kubernetes", "a")
    look()
    assert seen == [False, True, False]


def test_a_certificate_for_servers_is_told_though_no_host_wants_it(assembly: Any, worker: Any) -> None:
    shown = Certificate("kubernetes:team-a/us", (), b"chain", b"key", to_servers=True)
    assembly.put_certificate("kubernetes", shown, ())
    worker.apply(assembly.take_changes())
    assert worker.certificates == {shown.name: shown}

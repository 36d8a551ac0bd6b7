"""A host asks its clients for certificates of one authority, that of its oldest object which wants one."""

from typing import Any

from msgspec.structs import replace

from discovery.assemble import Assembly
from discovery.source import SourceState, SourceStatus, Translation
from ingress.model.change import PutAuthority
from ingress.model.listener import Authority
from ingress.model.policy import ClientCertificates, Policy

CA, OTHER = Authority("kubernetes:team-a/ca", b"pem"), Authority("kubernetes:team-a/other", b"pem")


def guarded(translation: Translation, authority: Authority) -> Translation:
    """The same, with clients asked for certificates."""
    policy = Policy(client_certificates=ClientCertificates(authority.name))
    claims = (replace(claim, route=replace(claim.route, policy=policy)) for claim in translation.claims)
    return replace(translation, claims=tuple(claims))


def closed(worker: Any) -> list[str]:
    """The objects whose routes are closed."""
    return sorted(route.origin.name for route in worker.hosts["a"].routes if route.policy.closed)


def test_a_host_is_told_whom_to_ask_by_and_the_authority_comes_before_it(
    assembly: Any, facts: Any, worker: Any
) -> None:
    assembly.put_authority("kubernetes", CA)
    assembly.put(facts.origin("one"), guarded(facts.asks(facts.origin("one"), "a/"), CA))
    assembly.put(facts.origin("two"), facts.asks(facts.origin("two"), "a/open"))
    changes = assembly.take_changes()
    assert changes[0] == PutAuthority(CA)
    worker.apply(changes)
    assert worker.hosts["a"].authority == CA.name
    assert closed(worker) == []
    assert not assembly.problems()


def test_of_two_authorities_the_older_counts_and_the_other_routes_are_closed(
    assembly: Any, facts: Any, worker: Any
) -> None:
    old, new = facts.origin("b-old"), facts.origin("a-new")
    assembly.put(new, guarded(facts.asks(new, "a/new", created="2026-02-01T00:00:00Z"), OTHER))
    assembly.put(old, guarded(facts.asks(old, "a/old", created="2026-01-01T00:00:00Z"), CA))
    worker.apply(assembly.take_changes())
    assert worker.hosts["a"].authority == CA.name
    assert closed(worker) == ["a-new"]
    (problem,) = assembly.problems()
    assert problem.origin == new
    assert problem.closes
    assert "asked for certificates by ingress team-a/b-old, which is older" in problem.reason
    assembly.drop(old)
    worker.apply(assembly.take_changes())
    assert worker.hosts["a"].authority == OTHER.name
    assert closed(worker) == []
    assert not assembly.problems()


def test_authorities_outlive_the_process_until_their_source_has_spoken(assembly: Any, worker: Any) -> None:
    for authority in (CA, OTHER):
        assembly.put_authority("kubernetes", authority)
    assembly.synced("kubernetes")
    assembly.status(SourceStatus("kubernetes", SourceState.LIVE, last_contact=1_700_000_000.0))
    successor = Assembly(("kubernetes", "files"))
    successor.restore(assembly.state())
    worker.apply(successor.take_changes())
    assert worker.authorities == {CA.name: CA, OTHER.name: OTHER}
    successor.put_authority("kubernetes", CA)
    successor.synced("kubernetes")
    worker.apply(successor.take_changes())
    assert worker.authorities == {CA.name: CA}

"""Who has a name that clients ask for (SNI): TCP or HTTP, and which object."""

from typing import Any

import pytest
from msgspec.structs import replace

from discovery.assemble import Assembly
from discovery.source import CertificateClaim, Translation
from ingress.acl.grammar import Family, parse_rules
from ingress.model.condition import Call, Condition, Criterion, Match, Term
from ingress.model.listener import Certificate
from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.policy import Policy

OLD, NEW = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"
HOST = "shop.example.com"


class Contest:
    """TCP and HTTP ask for one host, and HTTP has a certificate for it."""

    def __init__(self, assembly: Assembly, facts: Any, worker: Any) -> None:
        self.assembly, self.facts, self.worker = assembly, facts, worker
        self.tcp, self.http = facts.origin("tcp"), facts.origin("http")

    def certify(self, host: str = HOST) -> None:
        """There is a certificate."""
        certificate = Certificate("shop-tls", (host,), b"", b"")
        self.assembly.put_certificate("kubernetes", certificate, (CertificateClaim(host, self.http),))

    def ask(self, tcp: str = NEW, http: str = OLD) -> None:
        """Both ask, objects of these ages."""
        self.assembly.put(self.tcp, self.facts.asks(self.tcp, names=(HOST,), created=tcp))
        self.assembly.put(self.http, self.facts.asks(self.http, f"{HOST}/", created=http))

    @property
    def is_relayed(self) -> bool:
        """Whether workers relay the host."""
        self.worker.apply(self.assembly.take_changes())
        return (0, HOST) in self.worker.tcp_routes

    @property
    def problems(self) -> list[str]:
        return [str(problem) for problem in self.assembly.problems()]


@pytest.fixture
def contest(assembly: Assembly, facts: Any, worker: Any) -> Contest:
    return Contest(assembly, facts, worker)


def test_the_older_object_has_the_host_and_the_other_is_told(contest: Contest) -> None:
    contest.certify()
    contest.ask(tcp=NEW, http=OLD)
    assert not contest.is_relayed
    what = f"host {HOST} on the HTTPS listeners, by TCP or by HTTP,"
    assert contest.problems == [f"ingress team-a/tcp: {what} belongs to ingress team-a/http, which is older"]
    contest.ask(tcp=OLD, http=NEW)
    assert contest.is_relayed
    assert contest.problems == [f"ingress team-a/http: {what} belongs to ingress team-a/tcp, which is older"]


def test_http_keeps_its_routes_where_tcp_has_the_host(contest: Contest) -> None:
    contest.certify()
    contest.ask(tcp=OLD, http=NEW)
    assert contest.is_relayed
    assert contest.worker.owner(f"{HOST}/") == "http"


def test_tcp_takes_over_when_http_goes(contest: Contest) -> None:
    contest.certify()
    contest.ask()
    assert not contest.is_relayed
    contest.assembly.drop(contest.http)
    assert contest.is_relayed
    assert contest.problems == []


@pytest.mark.parametrize("host", [HOST, "*.example.com", ""])
def test_http_is_a_rival_as_soon_as_clients_get_a_certificate(contest: Contest, host: str) -> None:
    contest.ask()
    assert contest.is_relayed
    assert contest.problems == []
    contest.certify(host)
    assert not contest.is_relayed
    contest.assembly.drop_certificate("kubernetes", "shop-tls")
    assert contest.is_relayed


def test_one_object_may_ask_for_both(assembly: Assembly, facts: Any, worker: Any, contest: Contest) -> None:
    contest.certify()
    one = facts.origin("one")
    assembly.put(one, facts.asks(one, f"{HOST}/", names=(HOST,), created=OLD))
    assert contest.is_relayed
    assert contest.problems == []


def test_a_route_that_is_for_plain_http_is_no_rival(contest: Contest) -> None:
    contest.certify()
    contest.ask()
    plain = Condition(((Term((Criterion(Call("ssl_fc"), Match.BOOL),), negated=True),),))
    asked = contest.facts.asks(contest.http, f"{HOST}/", created=OLD)
    [claim] = asked.claims
    conditional = replace(claim, route=replace(claim.route, when=plain))
    contest.assembly.put(contest.http, replace(asked, claims=(conditional,)))
    assert contest.is_relayed
    assert contest.problems == []


def test_of_two_tcp_routes_the_older_has_the_host(assembly: Assembly, facts: Any, worker: Any) -> None:
    young, old = facts.origin("young"), facts.origin("old")
    assembly.put(young, facts.asks(young, names=(HOST,), created=NEW))
    assembly.put(old, facts.asks(old, names=(HOST,), created=OLD))
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes[0, HOST].origin == old
    assert [str(problem) for problem in assembly.problems()] == [
        f"ingress team-a/young: host {HOST} on the HTTPS listeners "
        "belongs to ingress team-a/old, which is older"
    ]
    assembly.drop(old)
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes[0, HOST].origin == young


def test_nothing_is_relayed_past_rules_for_all_requests(assembly: Assembly, facts: Any, worker: Any) -> None:
    tcp, platform = facts.origin("tcp"), facts.origin("edge")
    assembly.put(tcp, facts.asks(tcp, names=(HOST,)))
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes
    guard = Policy(tuple(parse_rules("deny if { src 192.0.2.0/24 }", {}, Family.REQUEST)))
    assembly.put(platform, Translation(platforms=(Platform(EVERYWHERE, platform, guard),)))
    worker.apply(assembly.take_changes())
    assert not worker.tcp_routes
    assert [problem.origin for problem in assembly.problems()] == [tcp]
    assembly.drop(platform)
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes
    assert assembly.problems() == ()


def test_nothing_is_relayed_past_the_rules_of_its_backend_whenever_they_come(
    assembly: Assembly, facts: Any, worker: Any
) -> None:
    tcp = facts.origin("tcp")
    plain = facts.backend("shop", "10.0.0.1")
    guard = Policy(tuple(parse_rules("deny if { src 192.0.2.0/24 }", {}, Family.REQUEST)))
    assembly.put_backend("kubernetes", plain)
    assembly.put(tcp, facts.asks(tcp, names=(HOST,)))
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes
    assembly.put_backend("kubernetes", replace(plain, policy=guard))
    worker.apply(assembly.take_changes())
    assert not worker.tcp_routes
    assert [problem.reason for problem in assembly.problems()] == [
        f"host {HOST} on the HTTPS listeners is not relayed: the rules of shop could not be asked"
    ]
    assembly.put_backend("kubernetes", plain)
    worker.apply(assembly.take_changes())
    assert worker.tcp_routes


def test_a_port_is_there_for_those_that_name_a_host(assembly: Assembly, facts: Any, worker: Any) -> None:
    tcp, other = facts.origin("tcp"), facts.origin("other")
    assembly.put(tcp, facts.asks(tcp, names=(HOST,), port=5432))
    worker.apply(assembly.take_changes())
    assert worker.ports[5432].backend == ""
    assert worker.tcp_routes[5432, HOST].backend == "shop"
    assembly.put(other, facts.asks(other, ports=(5432,), backend="db"))
    worker.apply(assembly.take_changes())
    assert worker.ports[5432].backend == "db"
    assembly.drop(other)
    assembly.drop(tcp)
    worker.apply(assembly.take_changes())
    assert not worker.ports
    assert not worker.tcp_routes


def test_http_is_no_rival_on_another_port(contest: Contest) -> None:
    contest.certify()
    contest.ask()
    asked = contest.facts.asks(contest.tcp, names=(HOST,), created=NEW, port=5432)
    contest.assembly.put(contest.tcp, asked)
    contest.worker.apply(contest.assembly.take_changes())
    assert (5432, HOST) in contest.worker.tcp_routes
    assert contest.problems == []


def test_what_is_relayed_outlives_the_process(assembly: Assembly, facts: Any, worker: Any) -> None:
    tcp = facts.origin("tcp")
    assembly.put(tcp, facts.asks(tcp, names=(HOST,), created=OLD))
    assembly.synced("kubernetes")
    successor = Assembly(("kubernetes", "files"))
    successor.restore(assembly.state())
    worker.apply(successor.take_changes())
    assert worker.tcp_routes[0, HOST].origin == tcp

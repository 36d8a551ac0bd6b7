"""What the admin pages see of the controller."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from cryptography.x509 import load_pem_x509_certificate

from ingress.admin.view import CertificateFacts, Outage, Readiness, ShiftFacts, SourceFacts, WorkerFacts
from ingress.controller.parts import Parts
from ingress.model.backend import Backend
from ingress.model.explanation import Explanation
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.problem import Problem
from ingress.model.route import Host
from ingress.model.times import Times
from ingress.observe.page import Directory, Page


class ControllerView:
    """Reads the parts of the controller and changes none. Implements `ingress.admin.view.View`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def version(self) -> int:
        """The version of the configuration that the workers are to serve."""
        return self._parts.fleet.version

    @property
    def page(self) -> Page:
        """The counters of all workers."""
        return self._parts.page

    @property
    def directory(self) -> Directory:
        """Whose row is which."""
        return self._parts.directory

    def hosts(self) -> Sequence[Host]:
        """All hosts with their routes."""
        return [put.host for put in self._parts.published.hosts.values()]

    def backends(self) -> Sequence[Backend]:
        """All backends with their servers."""
        return [put.backend for put in self._parts.published.backends.values()]

    def platforms(self) -> Sequence[Platform]:
        """All platforms with their rules."""
        return [put.platform for put in self._parts.published.platforms.values()]

    def file(self, name: str) -> PatternFile | None:
        """What rules look into under that name."""
        put = self._parts.published.files.get(name)
        return None if put is None else put.file

    def listeners(self) -> Sequence[TcpListener]:
        """All TCP ports."""
        return [put.listener for put in self._parts.published.listeners.values()]

    def tcp_routes(self) -> Sequence[TcpRoute]:
        """All TCP routes by server name."""
        return [put.route for put in self._parts.published.tcp_routes.values()]

    def certificates(self) -> Sequence[CertificateFacts]:
        """All certificates, without what is secret of them."""
        puts = [put.certificate for put in self._parts.published.certificates.values()]
        return [CertificateFacts(each.name, each.hosts, _not_after(each.chain)) for each in puts]

    def problems(self) -> Sequence[Problem]:
        """What of users' objects could not be honoured, the ports the system refused included."""
        return all_problems(self._parts)

    def outages(self) -> Mapping[tuple[str, str], Outage]:
        """What some worker has taken out."""
        return self._parts.fleet.outages.all()

    def explanation(self, name: str) -> Explanation | None:
        """The account of a real request."""
        return self._parts.fleet.explanations.get(name)

    def sources(self) -> Sequence[SourceFacts]:
        """All sources."""
        return self._parts.discovery.facts()

    def shifts(self) -> Sequence[ShiftFacts]:
        """All shifts."""
        return self._parts.discovery.shifts()

    def workers(self) -> Sequence[WorkerFacts]:
        """All workers."""
        return self._parts.fleet.facts()

    def applies(self) -> Times:
        """How long changes took to be in force."""
        return self._parts.fleet.clock.times()

    def readiness(self) -> Readiness:
        """Whether this instance should get requests."""
        return self._parts.gate.readiness(self._parts.discovery.unknown())


def all_problems(parts: Parts) -> Sequence[Problem]:
    """The problems of the sources' objects, and those that the supervisor had with their ports."""
    return [*parts.discovery.problems(), *parts.ports.problems(parts.published.listeners)]


@lru_cache(maxsize=4096)
def _not_after(chain: bytes) -> float:
    try:
        return load_pem_x509_certificate(chain).not_valid_after_utc.timestamp()
    except ValueError:
        return 0.0

"""A cluster in a test: manifests go in, and what its sink has heard comes out as text."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest
import yaml

from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.objects import KINDS
from discovery.pool import Pool
from discovery.source import NOTHING_UNREAD, CertificateClaim, SourceStatus, Translation, Unread
from ingress.model.backend import Backend, BackendSettings
from ingress.model.listener import Authority, Certificate
from ingress.model.patterns import PatternFile
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

_BY_SINGULAR = {kind.singular: kind for kind in KINDS.values()}


class Ear:
    """A sink that remembers: what is in force, and how often it was called for what."""

    def __init__(self, earlier: Mapping[Origin, frozenset[str]]) -> None:
        self.earlier = earlier
        self.objects: dict[Origin, Translation] = {}
        self.backends: dict[str, tuple[Backend, bool]] = {}
        self.certificates: dict[str, Certificate] = {}
        self.authorities: dict[str, Authority] = {}
        self.files: dict[str, str] = {}
        self.claims: dict[str, tuple[CertificateClaim, ...]] = {}
        self.calls: Counter[str] = Counter()

    def put(self, origin: Origin, translation: Translation) -> None:
        self.calls["put"] += 1
        self.objects[origin] = translation

    def drop(self, origin: Origin) -> None:
        self.calls["drop"] += 1
        del self.objects[origin]

    def put_backend(
        self,
        source: str,
        backend: Backend,
        problems: tuple[Problem, ...] = (),
        flawed: bool = False,
        pool: Pool | None = None,
    ) -> None:
        assert not problems
        self.calls["put_backend"] += 1
        self.backends[backend.name] = (backend, flawed)

    def drop_backend(self, source: str, name: str) -> None:
        self.calls["drop_backend"] += 1
        del self.backends[name]

    def put_certificate(
        self, source: str, certificate: Certificate, claims: tuple[CertificateClaim, ...]
    ) -> None:
        self.calls["put_certificate"] += 1
        self.certificates[certificate.name] = certificate
        self.claims[certificate.name] = claims

    def drop_certificate(self, source: str, name: str) -> None:
        self.calls["drop_certificate"] += 1
        del self.certificates[name]

    def put_authority(self, source: str, authority: Authority) -> None:
        self.calls["put_authority"] += 1
        self.authorities[authority.name] = authority

    def drop_authority(self, source: str, name: str) -> None:
        self.calls["drop_authority"] += 1
        del self.authorities[name]

    def put_file(self, source: str, file: PatternFile) -> None:
        self.calls["put_file"] += 1
        self.files[file.name] = file.text

    def drop_file(self, source: str, name: str) -> None:
        self.calls["drop_file"] += 1
        del self.files[name]

    def restored(self, source: str) -> Mapping[Origin, frozenset[str]]:
        return self.earlier

    def synced(self, source: str, unread: Unread = NOTHING_UNREAD) -> None:
        raise AssertionError("a cluster does not know when its source has synced")

    def status(self, status: SourceStatus) -> None:
        raise AssertionError("a cluster does not know how its source is")

    @property
    def problems(self) -> list[str]:
        """All problems as text."""
        return sorted(str(problem) for each in self.objects.values() for problem in each.problems)

    def routes(self) -> list[str]:
        """`www.example.com prefix / -> test:team-a/shop:80`, sorted."""
        claims = [claim for each in self.objects.values() for claim in each.claims]
        return sorted(
            f"{c.host or 'any host'} {c.route.kind} {c.route.path} -> {c.route.backend}" for c in claims
        )

    def servers(self, backend: str) -> list[str]:
        """`10.0.0.1:8080`, with ` drain` behind it for one that drains."""
        return [s.address + " drain" * s.drain for s in self.backends[backend][0].servers]

    def text(self) -> str:
        """All that is in force."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for origin, translation in sorted(self.objects.items()):
            yield f"{origin}{' (flawed)' * translation.flawed}"
            yield from _claims(translation)
            yield from (f"  tcp {each.port} -> {each.backend}" for each in translation.listeners)
            yield from (f"  tls of {each.host} -> {each.backend}" for each in translation.tcp_routes)
            yield from (f"  problem{' that closes' * p.closes}: {p}" for p in translation.problems)
        for name, (backend, flawed) in sorted(self.backends.items()):
            yield f"backend {name}{' (flawed)' * flawed}{_settings(backend.settings)}"
            yield from (f"  {s.address} {s.name}{' drain' * s.drain}" for s in backend.servers)
        for name, certificate in sorted(self.certificates.items()):
            yield f"certificate {name} for {', '.join(certificate.hosts)}"


def _claims(translation: Translation) -> Iterator[str]:
    for claim in translation.claims:
        route = claim.route
        yield f"  {claim.host or 'any host'} {route.kind} {route.path} -> {route.backend}"
    for policy in {claim.route.policy: None for claim in translation.claims}:
        yield from _policy(policy)


def _policy(policy: Policy) -> Iterator[str]:
    if policy.closed:
        yield f"  closed: {policy.closed}"
    for rule in policy.rules:
        yield f"  rule {type(rule.action).__name__}{' on a condition' * (rule.condition is not None)}"
    for choice in policy.backends:
        yield f"  use {choice.backend}{' on a condition' * (choice.condition is not None)}"


def _settings(settings: BackendSettings) -> str:
    values = msgspec.structs.asdict(settings)
    defaults = msgspec.structs.asdict(BackendSettings())
    return "".join(f" {name}={value}" for name, value in values.items() if value != defaults[name])


class Lab:
    """A cluster, its sink and its clock."""

    def __init__(self, earlier: Mapping[Origin, frozenset[str]] | None = None, **options: Any) -> None:
        self.options = ClusterOptions("test", **options)
        self.ear = Ear(earlier or {})
        self.time = 1_000_000.0
        self.cluster = Cluster(self.options, self.ear, lambda: self.time)

    def read(self, manifest: str) -> Iterator[tuple[str, Any]]:
        """The objects of a manifest with their kinds, in the namespace `team-a` if they name none."""
        for document in yaml.safe_load_all(manifest):
            kind = _BY_SINGULAR[document["kind"]]
            if kind.namespaced:
                document["metadata"].setdefault("namespace", "team-a")
            yield kind.name, msgspec.convert(document, kind.type)

    def put(self, *manifests: str) -> None:
        """Put objects without a flush."""
        for manifest in manifests:
            for kind, obj in self.read(manifest):
                self.cluster.put(kind, obj)

    def apply(self, *manifests: str) -> Ear:
        """Put objects, flush, and hand over the sink."""
        self.put(*manifests)
        self.cluster.flush()
        return self.ear

    def delete(self, kind: str, name: str, namespace: str = "team-a") -> Ear:
        """Drop an object, and flush."""
        self.cluster.drop(kind, namespace, name)
        self.cluster.flush()
        return self.ear

    def wait(self, seconds: float) -> Ear:
        """Let time pass, and flush."""
        self.time += seconds
        self.cluster.flush()
        return self.ear


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def make_lab() -> Callable[..., Lab]:
    return Lab


INGRESS = """
kind: Ingress
metadata: {name: shop, creationTimestamp: "2026-01-01T00:00:00Z"}
spec:
  ingressClassName: headgate
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
"""
SERVICE = """
kind: Service
metadata: {name: shop}
spec:
  ports: [{name: http, port: 80, targetPort: 8080}]
"""


@pytest.fixture
def shop() -> tuple[str, str]:
    """An Ingress and its Service: `shop.example.com` to `team-a/shop:80`."""
    return (INGRESS, SERVICE)


@pytest.fixture
def make_slice() -> Callable[..., str]:
    """A slice of the Service `shop`, of endpoints in YAML's short form."""

    def make(*endpoints: str, name: str = "shop-1", family: str = "IPv4", ports: str = "") -> str:
        return f"""
kind: EndpointSlice
metadata: {{name: {name}, labels: {{kubernetes.io/service-name: shop}}}}
addressType: {family}
ports: [{ports or "{name: http, port: 8080}"}]
endpoints: [{", ".join(endpoints)}]
"""

    return make

"""A Kubernetes source and a Consul source on one routing table, both of which say what a test wants."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from discovery.assemble import Assembly
from discovery.assemble.assembly import HERE, Standpoint
from discovery.assemble.state import State
from discovery.consul.instance import Instance, InstanceKey
from discovery.consul.registry import Registry, RegistryOptions
from discovery.dialects.tags import gather
from discovery.kubernetes.cluster import Cluster, ClusterOptions
from discovery.kubernetes.objects import KINDS
from discovery.pooling import Partner
from ingress.model.backend import Backend

SOURCES = ("kubernetes", "consul")


class Table:
    """Both sources and what they come to."""

    def __init__(
        self,
        standpoint: Standpoint = HERE,
        datacentres: tuple[str, ...] = ("dc1",),
        state: State | None = None,
    ) -> None:
        self.assembly = Assembly(SOURCES, standpoint=standpoint)
        if state:
            self.assembly.restore(state)
        options = ClusterOptions("kubernetes", partner=Partner("consul", datacentres))
        self.cluster = Cluster(options, self.assembly, lambda: 0.0)
        self.registry = Registry(
            RegistryOptions("consul", datacentres, partner=Partner("kubernetes")), self.assembly
        )

    def service(self, name: str = "web", ports: Iterable[str] = ("",), **annotations: str) -> None:
        """A Service with ports from 80 on; annotations without prefix, `_` for `-`."""
        written = {f"headgate.dev/{key.replace('_', '-')}": text for key, text in annotations.items()}
        found = [{"name": port, "port": 80 + place} for place, port in enumerate(ports)]
        self._put("services", name, {"annotations": written}, spec={"ports": found})

    def pods(self, *hosts: str, name: str = "web", zones: dict[str, str] | None = None) -> None:
        """The pods of a Service, on its first port."""
        labels = {"kubernetes.io/service-name": name}
        endpoints = [{"addresses": [host], "zone": (zones or {}).get(host)} for host in hosts]
        more = {"addressType": "IPv4", "ports": [{"name": "", "port": 80}], "endpoints": endpoints}
        self._put("endpointslices", name, {"labels": labels}, **more)

    def ingress(
        self, name: str = "web", host: str = "shop.example.com", *services: str, **annotations: str
    ) -> None:
        """A host whose every path goes to a Service; or a path for each of several."""
        paths = [
            {
                "path": f"/{place or ''}",
                "pathType": "Prefix",
                "backend": {"service": {"name": service, "port": {"number": 80}}},
            }
            for place, service in enumerate(services or ("web",))
        ]
        rule = {"host": host, "http": {"paths": paths}}
        written = {f"headgate.dev/{key.replace('_', '-')}": text for key, text in annotations.items()}
        meta = {"creationTimestamp": "2024-01-01T00:00:00Z", "annotations": written}
        self._put("ingresses", name, meta, spec={"ingressClassName": "headgate", "rules": [rule]})

    def instances(self, *places: str, name: str = "web", datacentre: str = "dc1", **tags: str) -> None:
        """The instances of a Consul service, each `HOST`, `HOST*WEIGHT` or `HOST@ZONE`."""
        written = [
            f"headgate.{key.replace('_', '-')}={text}" for key, text in {"enable": "true", **tags}.items()
        ]
        self.registry.put(datacentre, name, dict(map(lambda place: _instance(place, written), places)))

    def flush(self) -> None:
        """Both have said all that they have to say by now."""
        self.cluster.flush()
        self.registry.complete()
        self.registry.flush()
        for source in SOURCES:
            self.assembly.synced(source)
        self.assembly.take_changes()

    def backend(self, name: str = "kubernetes:web") -> Backend:
        """The backend as workers know it; `kubernetes:web` is that of port 80 of the Service `web`."""
        source, _, service = name.partition(":")
        service, _, ingress = service.partition("@")
        whole = f"{source}:team-a/{service}:80" if source == "kubernetes" else name
        whole += f"@{ingress}" if ingress else ""
        [found] = [each for each in self.assembly.backends() if each.name == whole]
        return found

    def hosts_of(self, name: str = "kubernetes:web") -> list[str]:
        return [server.host for server in self.backend(name).servers]

    def shares(self, name: str = "kubernetes:web") -> dict[str, int]:
        return {group.name: group.share for group in self.backend(name).groups}

    def tiers(self, name: str = "kubernetes:web") -> list[list[str]]:
        """The hosts, tier by tier."""
        servers = self.backend(name).servers
        tiers = sorted({server.tier for server in servers})
        return [[server.host for server in servers if server.tier == tier] for tier in tiers]

    def problems(self) -> list[str]:
        return [str(problem) for problem in self.assembly.problems()]

    def _put(self, kind: str, name: str, meta: dict[str, Any], **fields: Any) -> None:
        obj = {"metadata": {"namespace": "team-a", "name": name, "uid": f"uid-of-{name}", **meta}, **fields}
        self.cluster.put(kind, msgspec.convert(obj, KINDS[kind].type))


def _instance(place: str, tags: list[str]) -> tuple[InstanceKey, Instance]:
    rest, _, zone = place.partition("@")
    host, _, weight = rest.partition("*")
    key = InstanceKey("node", host)
    return key, Instance(key, host, 80, int(weight or 1), wishes=gather(tags, {}, "headgate"), zone=zone)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def make_table() -> type[Table]:
    return Table

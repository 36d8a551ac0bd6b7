"""Services: their ports, and what their annotations set."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from discovery.dialects.headgate import PREFIX, read
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.key import BackendKey
from discovery.kubernetes.objects import ServiceObject, ServicePort, ServiceSpec
from discovery.kubernetes.rule_texts import read_own_rules
from discovery.option import Scope
from discovery.option_values import TcpPort
from discovery.pool import CLUSTER, Pool
from discovery.pooling import Side, read_pool
from discovery.server_tls import Names, read_server_tls
from ingress.model.backend import BackendSettings, ServerTls
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

_SETTINGS: Final = frozenset(BackendSettings.__struct_fields__) - {"tls"}
_EMPTY: Final = ServiceSpec()
HTTPS: Final = "https"
"""The appProtocol of ports that are spoken to over TLS (IANA's name)."""
_TCP: Final = PREFIX + "tcp"


class Service(Struct, frozen=True, gc=False):
    """What counts of a Service: two that are equal here make no difference to anyone."""

    ports: tuple[ServicePort, ...]
    external_name: str = ""
    """Not empty: the Service is a name elsewhere and has no endpoints."""
    family: str = "IPv4"
    """The family it prefers."""
    settings: BackendSettings = BackendSettings()
    of_https: ServerTls | None = None
    """How servers are spoken to on ports of `appProtocol: https`."""
    flawed: bool = False
    """The settings could not all be read."""
    tcp: tuple[TcpPort, ...] = ()
    pool: Pool | None = None
    offered: bool = False
    """Consul services may name it."""
    problems: tuple[Problem, ...] = ()
    created: str = ""
    policy: Policy = Policy()
    """Rules for all requests that come to it."""
    asked: frozenset[BackendKey] = frozenset()
    """The backends that its rules ask about."""

    def port(self, word: str) -> ServicePort | None:
        """The TCP port of this number or name; of none, the only one."""
        ports = self.tcp_ports
        if not word:
            return ports[0] if len(ports) == 1 else None
        return next((port for port in ports if word in (port.name, str(port.port))), None)

    @property
    def tcp_ports(self) -> list[ServicePort]:
        """Those that may be served."""
        return [port for port in self.ports if (port.protocol or "TCP") == "TCP"]

    def settings_of(self, port: ServicePort) -> BackendSettings:
        """How requests are sent to the servers of a port."""
        if port.app_protocol == HTTPS and self.settings.tls is None:
            return replace(self.settings, tls=self.of_https)
        return self.settings

    @property
    def tls(self) -> Iterator[ServerTls]:
        """All ways in which its servers are spoken to over TLS."""
        ways = (self.settings_of(port).tls for port in self.tcp_ports)
        return (tls for tls in ways if tls is not None)

    def serves_as(self, other: "Service | None") -> bool:
        """Whether the two look the same to an object that refers to them."""
        return other is not None and (self.ports, self.external_name) == (other.ports, other.external_name)


def read_service(obj: ServiceObject, origin: Origin, options: ClusterOptions) -> Service:
    """The short form of a Service."""
    spec = obj.spec or _EMPTY
    reading = read(obj.metadata.annotations, Scope.SERVICE, origin)
    values = dict(reading.values)
    tcp = cast(tuple[TcpPort, ...], values.pop("tcp", ()))
    pool, faults = read_pool(reading.values, reading.problems, origin, Side(CLUSTER, options.partner, PREFIX))
    secure = read_server_tls(
        values,
        reading.problems,
        Names(f"{origin.name}.{origin.namespace}.svc", "service", origin.source, origin.namespace),
        https=any(port.app_protocol == HTTPS for port in spec.ports or ()),
    )
    faults = (*faults, *secure.faults)
    rules = read_own_rules(reading, origin)
    problems = (*rules.problems, *(reading.problem(origin, name, "", why) for name, why in faults))
    settings = {name: values[name] for name in values.keys() & _SETTINGS}
    if secure.tls is not None:
        settings["tls"] = secure.tls
    return Service(
        spec.ports or (),
        (spec.external_name or "?") if spec.type == "ExternalName" else "",
        spec.ip_families[0] if spec.ip_families else "IPv4",
        _settings(options.backend, settings, obj.metadata.uid),
        secure.of_https,
        any(problem.option != _TCP for problem in problems),
        tcp,
        pool,
        bool(values.get("consul_enable")),
        problems,
        obj.metadata.creation_timestamp or "",
        rules.policy,
        rules.backends,
    )


def _settings(defaults: BackendSettings, values: Mapping[str, object], uid: str) -> BackendSettings:
    settings = replace(defaults, **cast(dict[str, Any], values)) if values else defaults
    if settings.cookie is None or settings.cookie_key:
        return settings
    # No client knows the UID, and all replicas do.
    return replace(settings, cookie_key=uid)


def absence(service: Service | None, backend: BackendKey) -> str:
    """Why a backend cannot have servers, and what helps; empty: it can."""
    name = f"service {backend.namespace}/{backend.service}"
    if service is None:
        return f"{name} does not exist"
    if service.external_name:
        advice = "use a Service without selector, and an EndpointSlice with the addresses"
        return f"{name} is of type ExternalName, which is not served, as it could reach anything; {advice}"
    if service.port(backend.port) is None:
        return f"{name} has no TCP port {backend.port}; {_ports(service)}"
    return ""


def _ports(service: Service) -> str:
    tcp = service.tcp_ports
    if not tcp:
        return "it has no TCP ports at all"
    names = [f"{port.port} ({port.name})" if port.name else str(port.port) for port in tcp]
    return f"it has {', '.join(names)}"

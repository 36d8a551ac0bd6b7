"""The ports that a Service publishes by annotation."""

from collections.abc import Iterator

from discovery.dialects.headgate import problem
from discovery.kubernetes.authorities import secret_of
from discovery.kubernetes.key import BackendKey, Key
from discovery.kubernetes.rule_texts import flaws
from discovery.kubernetes.services import Service, absence
from discovery.kubernetes.translate import SILENCE, TO_SERVERS, Asked, CertificateUse, Surroundings
from discovery.option_values import TcpPort
from discovery.source import Translation
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.route import Origin


def translate_tcp(service: Service, origin: Origin, around: Surroundings) -> Asked:
    """What a Service asks for by its own annotations, with all their problems."""
    authorities, certificates = _secrets(service)
    policy = service.policy
    named = authorities or certificates or policy.files or service.asked
    if not (service.tcp or service.problems or service.offered or named):
        return SILENCE
    published = []
    backends = list(_offered(service, origin))
    missing = flaws(policy, origin, around.flaw)
    problems = [*service.problems, *missing]
    for port in service.tcp:
        backend = BackendKey(origin.namespace, origin.name, _target(service, port))
        published.append(port.publish(backend.name(around.source), origin))
        backends.append(backend)
        if reason := absence(service, backend):
            problems.append(problem(origin, "tcp", port.text, f"{reason}; connections are closed at once"))
    translation = Translation(
        listeners=tuple(each for each in published if isinstance(each, TcpListener)),
        problems=tuple(problems),
        created=service.created,
        flawed=bool(service.problems),
        tcp_routes=tuple(each for each in published if isinstance(each, TcpRoute)),
    )
    return Asked(translation, service.asked.union(backends), certificates, policy.files, authorities)


def _secrets(service: Service) -> tuple[frozenset[Key], tuple[CertificateUse, ...]]:
    """The Secrets that the servers are verified by, and that are shown to them."""
    ways = tuple(service.tls)
    authorities = frozenset(secret_of(tls.authority) for tls in ways if "/" in tls.authority)
    shown = dict.fromkeys(secret_of(tls.certificate) for tls in ways if tls.certificate)
    return authorities, tuple(CertificateUse(secret, (TO_SERVERS,)) for secret in shown)


def _offered(service: Service, origin: Origin) -> Iterator[BackendKey]:
    """The ports that Consul services may name, by all names that they have."""
    if not service.offered:
        return
    words = {"", *(word for port in service.tcp_ports for word in (port.name or "", str(port.port)))}
    for word in sorted(words):
        if service.port(word):
            yield BackendKey(origin.namespace, origin.name, word)


def _target(service: Service, port: TcpPort) -> str:
    """The port of the Service that is meant: the one that is named, of the same number, or the only one."""
    if port.target or service.port(str(port.port)) or len(service.ports) != 1:
        return port.target or str(port.port)
    return str(service.ports[0].port)

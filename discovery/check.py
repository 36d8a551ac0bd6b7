"""Checking manifests without a cluster: the same translation, and every problem with its place."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.assemble import Assembly
from discovery.dialects.headgate import PREFIX
from discovery.files.folder import survey
from discovery.files.inventory import Inventory
from discovery.files.manifest import Complaint, Identity, Manifest, spoken
from discovery.files.reading import SUFFIXES, read
from discovery.kubernetes.classes import class_name
from discovery.kubernetes.cluster import Cluster, ClusterOptions
from discovery.kubernetes.key import backend_of_name
from discovery.kubernetes.objects import (
    KINDS,
    ConfigMapObject,
    IngressObject,
    ObjectMeta,
    SecretObject,
    ServiceObject,
    ServicePort,
    ServiceSpec,
)
from discovery.kubernetes.platforms import KIND as PLATFORM
from discovery.passthrough import OPTION
from ingress.model.backend import Backend
from ingress.model.problem import Problem, said

NO_FILES: Final = f"there are no manifests in it: files that end in {', '.join(SUFFIXES)}"

SOMEBODY: Final = {"somebody": b"{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk="}
"""Users of a Secret that is not in the input; nothing is served with them."""

_KIND_OF: Final[Mapping[str, str]] = {
    **{kind.singular.lower(): name for name, kind in KINDS.items()},
    PLATFORM: "configmaps",
}


class Finding(Struct, frozen=True, order=True):
    """One problem, and where it is; or a note, which is no problem, but should be known."""

    file: str
    line: int
    """Of the object, counted from 1; 0: the file as a whole."""
    object: str
    """`ingress team-a/shop`; empty: the file, or a document that is no object."""
    option: str
    reason: str
    value: str = ""
    note: bool = False

    def __str__(self) -> str:
        """`shop.yaml:12: ingress team-a/shop: headgate.dev/acl line 2, column 14: ...`."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = ("note" if self.note else "", place, self.object, said(self.option, self.reason))
        return ": ".join(part for part in parts if part)


class Report(Struct, frozen=True):
    """What came of a check."""

    objects: int
    hosts: int
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> int:
        """How many findings are more than notes."""
        return sum(not finding.note for finding in self.findings)

    def __str__(self) -> str:
        """`12 objects, 3 hosts, 2 problems`."""
        counts = ((self.objects, "object"), (self.hosts, "host"), (self.problems, "problem"))
        return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)


def read_paths(paths: Iterable[Path]) -> dict[str, Manifest]:
    """What the files say, and those in the folders, by path."""
    found = {}
    for path in paths:
        files = _files(path)
        found.update({str(file): _read(file) for file in files})
        if not files:
            found[str(path)] = Manifest(complaints=(Complaint(0, "", NO_FILES),))
    return found


def check_manifests(manifests: Mapping[str, Manifest], options: ClusterOptions, now: float) -> Report:
    """Translate everything, as if it were all there is, and say what is wrong with it.

    What lives in clusters rather than in manifests is not missed: where there is no Service at all,
    those that are referred to are taken to be there, and so are Secrets.
    """
    inventory = Inventory()
    for path, manifest in manifests.items():
        inventory.put(path, manifest)
    found = {each.key: each.after for each in inventory.settle()}
    assembly = Assembly((options.source,))
    cluster = Cluster(options, assembly, lambda: now)
    notes = [
        *_put(cluster, inventory, found),
        *_assume_configmaps(cluster, found),
        *_assume_userlists(cluster, found),
        *_assume_services(cluster, assembly, found),
    ]
    assembly.take_changes()
    notes += _relayed(inventory, assembly)
    notes = _about_ours(notes, list(_not_ours(inventory, assembly, found, options.ingress_class)))
    findings = [_finding(inventory, problem) for problem in assembly.problems()]
    for path, complaints in inventory.complaints().items():
        findings += [_complaint(path, each) for each in complaints]
    return Report(len(found), len(assembly.hosts()), (*sorted(findings), *sorted(notes)))


def _files(path: Path) -> list[Path]:
    return [path / name for name in survey(path).stamps] if path.is_dir() else [path]


def _read(file: Path) -> Manifest:
    try:
        return read(str(file), file.read_bytes()).manifest
    except OSError as error:
        return Manifest(complaints=(Complaint(0, "", f"cannot be read: {error.strerror}"),))


def _put(cluster: Cluster, inventory: Inventory, found: Mapping[Identity, Any]) -> Iterator[Finding]:
    """Everything but the certificates of Ingresses whose Secrets are not in the input."""
    without_secrets = not any(kind == "secrets" for kind, _, _ in found)
    for identity, obj in found.items():
        if without_secrets and isinstance(obj, IngressObject) and obj.spec and obj.spec.tls:
            reason = "there are no Secrets in the input, so certificates are not checked"
            yield _note(inventory, identity, "spec.tls", reason)
            cluster.put(identity[0], replace(obj, spec=replace(obj.spec, tls=None)))
        else:
            cluster.put(identity[0], obj)
    cluster.flush()


def _assume_configmaps(cluster: Cluster, found: Mapping[Identity, Any]) -> Iterator[Finding]:
    """Where there is no ConfigMap in the input, make up those that rules look into, without a line."""
    wanted = cluster.wanted_configmaps()
    if not wanted or any(kind == "configmaps" for kind, _, _ in found):
        return
    for namespace, name in wanted:
        data = dict.fromkeys(cluster.lookups.files.keys_of((namespace, name)), "")
        cluster.put("configmaps", ConfigMapObject(ObjectMeta(name, namespace), data))
    cluster.flush()
    names = ", ".join(sorted(f"{namespace}/{name}" for namespace, name in wanted))
    reason = f"there are no ConfigMaps in the input, so what is in these is not checked: {names}"
    yield Finding("", 0, "", "", reason, note=True)


def _assume_userlists(cluster: Cluster, found: Mapping[Identity, Any]) -> Iterator[Finding]:
    """Where there is no Secret in the input, make up those with users that rules ask for."""
    wanted = cluster.wanted_userlists()
    if not wanted or any(kind == "secrets" for kind, _, _ in found):
        return
    for namespace, name in wanted:
        cluster.put("secrets", SecretObject(ObjectMeta(name, namespace), data=SOMEBODY))
    cluster.flush()
    names = ", ".join(sorted(f"{namespace}/{name}" for namespace, name in wanted))
    reason = f"there are no Secrets in the input, so the users in these are not checked: {names}"
    yield Finding("", 0, "", "", reason, note=True)


def _assume_services(
    cluster: Cluster, assembly: Assembly, found: Mapping[Identity, Any]
) -> Iterator[Finding]:
    """Where there is no Service in the input, make up those that are referred to."""
    if any(kind == "services" for kind, _, _ in found):
        return
    assembly.take_changes()
    ports: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for backend in assembly.backends():
        ports[backend.namespace, backend.service].add(_port(backend))
    for (namespace, name), wanted in ports.items():
        service = ServiceObject(ObjectMeta(name, namespace), ServiceSpec(ports=_service_ports(wanted)))
        cluster.put("services", service)
    cluster.flush()
    if ports:
        names = ", ".join(sorted(f"{namespace}/{name}" for namespace, name in ports))
        reason = f"there are no Services in the input; these are taken to be in the cluster: {names}"
        yield Finding("", 0, "", "", reason, note=True)


def _port(backend: Backend) -> str:
    """The port of the Service, by number or by name, as people refer to it."""
    return backend_of_name(backend.name).port


def _service_ports(wanted: Iterable[str]) -> tuple[ServicePort, ...]:
    numbers = {int(port) for port in wanted if port.isdigit()}
    names = sorted(port for port in wanted if not port.isdigit())
    free = (number for number in range(1, 65536) if number not in numbers)
    return (
        *(ServicePort(number, f"port-{number}") for number in sorted(numbers)),
        *(ServicePort(next(free), name) for name in names),
    )


def _not_ours(
    inventory: Inventory, assembly: Assembly, found: Mapping[Identity, Any], ours: str
) -> Iterator[Finding]:
    served = {(origin.namespace, origin.name) for origin in assembly.origins() if origin.kind == "ingress"}
    for identity, obj in found.items():
        if identity[0] == "ingresses" and identity[1:] not in served:
            name = class_name(obj)
            advice = f"; --ingress-class {name} checks those of that class" if name != ours else ""
            reason = f'class "{name}" is not ours, so it is not checked{advice}'
            yield _note(inventory, identity, "spec.ingressClassName", reason)


def _relayed(inventory: Inventory, assembly: Assembly) -> Iterator[Finding]:
    """The hosts whose TLS is not decrypted."""
    for route in (route for route in assembly.tcp_routes() if not route.ended):
        origin = route.origin
        identity = (_KIND_OF.get(origin.kind, ""), origin.namespace, origin.name)
        service = route.backend.partition(":")[2]
        reason = f"TLS of clients that ask for {route.host} is relayed undecrypted to {service}"
        yield _note(inventory, identity, PREFIX + OPTION, reason)


def _about_ours(notes: Iterable[Finding], others: list[Finding]) -> list[Finding]:
    """What is to be noted, but of the objects of others only that they are."""
    passed_over = {note.object for note in others}
    return [*(note for note in notes if note.object not in passed_over), *others]


def _note(inventory: Inventory, identity: Identity, option: str, reason: str) -> Finding:
    subject = spoken(KINDS[identity[0]].singular, identity[1], identity[2])
    return Finding(inventory.path(identity), inventory.line(identity), subject, option, reason, note=True)


def _finding(inventory: Inventory, problem: Problem) -> Finding:
    origin = problem.origin
    identity = (_KIND_OF.get(origin.kind, ""), origin.namespace, origin.name)
    place = inventory.path(identity), inventory.line(identity)
    return Finding(*place, str(origin), problem.option, problem.reason, problem.value)


def _complaint(path: str, complaint: Complaint) -> Finding:
    return Finding(path, complaint.line, complaint.subject, "", complaint.reason)

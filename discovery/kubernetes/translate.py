"""An Ingress as what it asks for: claims on hosts and paths, backends, certificates, problems."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from discovery.dialects.foreign import foreign_problems
from discovery.dialects.headgate import problem, read
from discovery.kubernetes.classes import LEGACY
from discovery.kubernetes.client_certificates import WishError, read_client_certificates
from discovery.kubernetes.ingress_pool import read_ingress_pool
from discovery.kubernetes.key import BackendKey, Key, parse_backend
from discovery.kubernetes.objects import IngressBackend, IngressObject, IngressPath, IngressSpec
from discovery.kubernetes.rule_texts import Flaw, closed_by, flaws, read_rules
from discovery.kubernetes.services import Service, absence
from discovery.names import SpellingError, looks_like_pattern, read_host, read_path
from discovery.option import Scope
from discovery.passthrough import OPTION, pass_through
from discovery.pool import Pool
from discovery.pooling import Partner
from discovery.source import LAST, Claim, Translation
from ingress.model.listener import TcpRoute
from ingress.model.patterns import FileUse
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin, PathKind, Route

_EMPTY: Final = IngressSpec()
_SHOWN: Final = 200
_EFFECT: Final = "; requests for it are answered 503"
_UNKNOWN: Final = "; for rules that ask, it has no servers"


class Surroundings(Struct, frozen=True):
    """What an Ingress is read against."""

    source: str
    find: Callable[[Key], Service | None]
    """The Service of this namespace and name."""
    allow_other_namespaces: bool = False
    flaw: Flaw = lambda use: ""
    """Why a pattern file cannot be used; empty: it can."""
    partner: Partner = Partner()
    """The Consul that pools may take instances of."""


TO_SERVERS: Final = "-"
"""In place of a host: the certificate is shown to servers."""


class CertificateUse(NamedTuple):
    """A Secret that an Ingress names, and the hosts it names it for; none: those in the certificate."""

    secret: Key
    hosts: tuple[str, ...]


class Asked(Struct, frozen=True):
    """All that an object asks for."""

    translation: Translation
    backends: frozenset[BackendKey] = frozenset()
    certificates: tuple[CertificateUse, ...] = ()
    files: tuple[FileUse, ...] = ()
    authorities: frozenset[Key] = frozenset()
    """The Secrets by which certificates of peers are verified."""
    pool: Pool | None = None
    """What an Ingress wishes for its own routes."""


SILENCE: Final = Asked(Translation())
"""An object that asks for nothing and has no problem."""


def translate_ingress(obj: IngressObject, origin: Origin, around: Surroundings, platform: str = "") -> Asked:
    """What an Ingress of ours asks for; `platform` has the rules of its class."""
    draft = _Draft(obj, origin, around, platform)
    spec = obj.spec or _EMPTY
    draft.read_class(spec)
    draft.read_policy(spec)
    draft.read_rules(spec)
    draft.read_default(spec)
    draft.read_certificates(spec)
    draft.read_passthrough()
    return draft.finish()


def translate_default(word: str, origin: Origin, around: Surroundings) -> Asked:
    """What the setting of a default backend asks for: whatever nothing else takes."""
    try:
        backend = parse_backend(word)
    except ValueError as error:
        return Asked(Translation(problems=(Problem(origin, "", str(error), word),), flawed=True))
    reason = absence(around.find(backend.key), backend)
    problems = (Problem(origin, "", reason + _EFFECT, word),) if reason else ()
    claim = Claim("", Route(PathKind.FALLBACK, "/", backend.name(around.source), origin))
    return Asked(Translation((claim,), (), problems, LAST), frozenset((backend,)))


class _Draft:
    """What has been read of an Ingress so far."""

    def __init__(self, obj: IngressObject, origin: Origin, around: Surroundings, platform: str) -> None:
        self._platform = platform
        self._obj = obj
        self._origin = origin
        self._around = around
        self._policy = Policy()
        self._claims: dict[tuple[str, PathKind, str], Claim] = {}
        self._hosts: dict[str, None] = {}
        self._backends: dict[BackendKey, str] = {}
        self._certificates: list[CertificateUse] = []
        self._files: tuple[FileUse, ...] = ()
        self._authorities: set[Key] = set()
        self._problems: list[Problem] = []
        self._flawed = False
        self._pool: Pool | None = None
        self._passes_through = False
        self._tcp_routes: tuple[TcpRoute, ...] = ()

    def finish(self) -> Asked:
        """All of it."""
        translation = Translation(
            tuple(self._claims.values()),
            (),
            tuple(self._problems),
            self._obj.metadata.creation_timestamp or "",
            self._flawed,
            tcp_routes=self._tcp_routes,
        )
        return Asked(
            translation,
            frozenset(self._backends),
            tuple(self._certificates),
            self._files,
            frozenset(self._authorities),
            self._pool,
        )

    def read_class(self, spec: IngressSpec) -> None:
        """Both ways to name a class at once are only possible by an update, and by mistake."""
        legacy = (self._obj.metadata.annotations or {}).get(LEGACY)
        if legacy and spec.ingress_class_name and legacy != spec.ingress_class_name:
            reason = (
                f'spec.ingressClassName says "{spec.ingress_class_name}" and counts; remove the annotation'
            )
            self._problem(LEGACY, reason, legacy)

    def read_policy(self, spec: IngressSpec) -> None:
        """The rules of the annotations, for all routes alike."""
        reading = read(self._obj.metadata.annotations, Scope.INGRESS, self._origin)
        self._policy, problems = read_rules(reading, self._origin, self._resolve, self._find)
        self._read_files()
        self._pool, faults = read_ingress_pool(reading, spec, self._origin, self._around.partner)
        self._problems += (*problems, *faults)
        self._flawed = bool(problems or faults)
        self._problems += foreign_problems(self._obj.metadata.annotations, self._origin)
        self._read_client_certificates(reading.values)
        self._passes_through = bool(reading.values.get("ssl_passthrough"))
        if not self._policy.named_backends:
            self._backends.clear()
        for backend, name in self._backends.items():
            self._check(backend, *self._use_of(name))

    def _use_of(self, backend: str) -> tuple[str, str]:
        """The option by which rules use a backend, and what comes of it if it has no servers."""
        if backend in self._policy.judges:
            return "headgate.dev/auth-url", _EFFECT
        if backend in self._policy.asked:
            return "headgate.dev/acl", _UNKNOWN
        return "headgate.dev/use-backend", _EFFECT

    def _read_files(self) -> None:
        """Close the routes whose rules look into what is not there: who would pass is not known."""
        self._files = self._policy.files
        missing = flaws(self._policy, self._origin, self._around.flaw)
        self._problems += missing
        self._policy = closed_by(self._policy, missing)

    def _read_client_certificates(self, values: Mapping[str, object]) -> None:
        """Ask clients for certificates, or close the routes if it is not clear for which."""
        try:
            wish = read_client_certificates(values, self._around.source, self._origin.namespace)
        except WishError as error:
            self._flawed = True
            self._problems.append(problem(self._origin, error.option, "", str(error), closes=True))
            self._policy = Policy(closed=str(self._problems[-1]))
            return
        if wish is not None and not self._policy.closed:
            self._policy = replace(self._policy, client_certificates=wish.certificates)
            self._authorities.add(wish.secret)

    def read_rules(self, spec: IngressSpec) -> None:
        """The paths of the rules."""
        for number, rule in enumerate(spec.rules or ()):
            host: str | None
            try:
                host = read_host(rule.host)
            except SpellingError as error:
                self._refuse(f"spec.rules[{number}].host", error, rule.host)
                host = None
            if host is not None:
                self._hosts[host] = None
            for index, path in enumerate((rule.http.paths if rule.http else None) or ()):
                self._read_path(host, path, (number, index))

    def read_default(self, spec: IngressSpec) -> None:
        """The default backend: for the hosts of the rules, or for any host if there are no rules."""
        if spec.default_backend is None:
            return
        backend = self._backend(spec.default_backend, "spec.defaultBackend")
        if backend is None:
            return
        for host in self._hosts if spec.rules else ("",):
            self._claim(host, PathKind.FALLBACK, "/", backend)

    def read_certificates(self, spec: IngressSpec) -> None:
        """The Secrets with certificates."""
        for number, tls in enumerate(spec.tls or ()):
            if not tls.secret_name:
                continue
            hosts = []
            for host in tls.hosts or ():
                try:
                    hosts.append(read_host(host))
                except SpellingError as error:
                    self._refuse(f"spec.tls[{number}].hosts", error, host)
            if hosts or not tls.hosts:
                secret = (self._obj.metadata.namespace, tls.secret_name)
                self._certificates.append(CertificateUse(secret, tuple(filter(None, hosts))))

    def read_passthrough(self) -> None:
        """Relay the hosts of the rules undecrypted, if that is wished."""
        if not self._passes_through:
            return
        if self._platform:
            reason = f"the rules of its class ({self._platform}) could not be asked; TLS is not relayed"
            self._problems.append(problem(self._origin, OPTION, "true", reason))
            return
        relayed = pass_through(tuple(self._claims.values()))
        self._claims = dict(zip(self._claims, relayed.claims, strict=True))
        self._tcp_routes = relayed.routes
        for each in relayed.complaints:
            self._flawed = self._flawed or each.flawed
            self._problems.append(problem(self._origin, OPTION, "true", each.reason, closes=each.closes))

    def _read_path(self, host: str | None, path: IngressPath, place: tuple[int, int]) -> None:
        """A path of a host, or of one that cannot be read: then for its problems alone."""
        try:
            kind, text = read_path(path.path, path.path_type)
        except SpellingError:
            self._refuse_path(path, place)
            return
        if host is None:
            return
        if looks_like_pattern(path.path, path.path_type):
            reason = "patterns are not served in paths; this one is compared as it is written"
            self._problem(f"{_where(place)}.path", reason, path.path)
        if (host, kind, text) in self._claims:
            self._problem(f"{_where(place)}.path", "the path is there already; the first counts", path.path)
            return
        backend = self._backend(path.backend, "", place)
        if backend is not None:
            self._claim(host, kind, text, backend)

    def _refuse_path(self, path: IngressPath, place: tuple[int, int]) -> None:
        """Say of each field of a path what is wrong with it."""
        parts = ("pathType", "/", path.path_type, path.path_type), ("path", path.path, "Exact", path.path)
        for field, text, path_type, value in parts:
            try:
                read_path(text, path_type)
            except SpellingError as error:
                self._refuse(f"{_where(place)}.{field}", error, value)

    def _claim(self, host: str, kind: PathKind, path: str, backend: BackendKey) -> None:
        route = Route(kind, path, self._name(backend), self._origin, self._policy, platform=self._platform)
        self._claims[host, kind, path] = Claim(host, route)

    def _name(self, backend: BackendKey) -> str:
        name = self._backends.get(backend)
        if name is None:
            name = self._backends[backend] = backend.name(self._around.source)
        return name

    def _backend(
        self, backend: IngressBackend, option: str, place: tuple[int, int] = (0, 0)
    ) -> BackendKey | None:
        service, resource = backend.service, backend.resource
        option = option or f"{_where(place)}.backend"
        namespace = self._obj.metadata.namespace
        if service is not None and service.port is not None and (service.port.name or service.port.number):
            port = service.port.name or str(service.port.number)
            ingress = self._origin.name if self._pool is not None else ""
            key = BackendKey(namespace, service.name, port, ingress)
            if key not in self._backends:
                self._check(key, option)
            return key
        if resource is not None:
            kind = resource.kind or "resource"
            reason = f"{kind} {resource.name} cannot be a backend, only a Service can{_EFFECT}"
            self._problem(option, reason)
            # No Service has a dot in its name, so this one is known and never has a server.
            return BackendKey(namespace, f"{kind}.{resource.name}".lower(), "resource")
        self._refuse(option, "no Service with a port is named", service.name if service else "")
        return None

    def _resolve(self, word: str) -> str:
        backend = parse_backend(word, self._obj.metadata.namespace)
        if backend.namespace != self._obj.metadata.namespace and not self._around.allow_other_namespaces:
            raise ValueError(f'"{word}" is in another namespace; name a Service of this one')
        return self._name(backend)

    def _find(self, word: str) -> str:
        """A Service of any namespace: who is asked could be reached by its name anyway."""
        return self._name(parse_backend(word))

    def _check(self, backend: BackendKey, option: str, effect: str = _EFFECT) -> None:
        if reason := absence(self._around.find(backend.key), backend):
            self._problem(option, reason + effect)

    def _refuse(self, option: str, reason: object, value: str | None) -> None:
        self._flawed = True
        self._problem(option, str(reason), value)

    def _problem(self, option: str, reason: str, value: str | None = "") -> None:
        self._problems.append(Problem(self._origin, option, reason, (value or "")[:_SHOWN]))


def _where(place: tuple[int, int]) -> str:
    return f"spec.rules[{place[0]}].http.paths[{place[1]}]"

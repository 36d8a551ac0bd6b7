"""What a service asks for, made of what its instances say: routes, ports, settings, problems."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.election import Outcome, describe
from discovery.dialects.reading import Reading, problem_with
from discovery.dialects.tags import Declaration, read
from discovery.names import read_path
from discovery.option_values import TcpPort
from discovery.passthrough import OPTION, pass_through
from discovery.policy import read_policy
from discovery.pool import CONSUL, Pool
from discovery.pooling import Partner, Side, read_pool
from discovery.server_tls import Names, read_server_tls
from discovery.source import Claim, Translation
from ingress.model.backend import BackendSettings
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin, PathKind, Route

_EFFECT: Final = "; requests for it are answered 503"
_MOST_DISSENT: Final = 5
_LONGEST_NAME: Final = 128


class Asked(Struct, frozen=True):
    """All that a service asks for."""

    translation: Translation
    settings: BackendSettings
    flawed: bool = False
    """The settings could not all be read."""
    pool: Pool | None = None
    references: frozenset[str] = frozenset()
    """The services that it sends requests to, itself not counted."""
    policy: Policy = Policy()
    """Rules for all requests that come to it."""


class Surroundings(Struct, frozen=True):
    """What a service is read against."""

    source: str
    prefix: str
    settings: BackendSettings
    absence: Callable[[str], str]
    """Why a service cannot be sent requests; empty: it can."""
    partner: Partner = Partner()
    """The source of Services that pools may take pods of."""
    authority: str = ""
    """By whom instances are verified; empty: by those that the system trusts."""

    def backend(self, service: str) -> str:
        """The name of the backend of a service: `consul:web`."""
        return f"{self.source}:{service}"


def declare(outcome: Outcome, origin: Origin, around: Surroundings, backend: str = "") -> Asked:
    """What a service asks for by the wishes that are in force. `backend` is where requests go, if that is
    not the service itself."""
    declaration = read(outcome.wishes, origin, around.prefix)
    draft = _Draft(declaration, origin, around, backend or around.backend(origin.name))
    draft.read_dissent(outcome)
    draft.read_rules()
    draft.read_routes()
    draft.read_ports()
    draft.read_pool()
    return draft.finish()


class _Draft:
    """What has been read of a service so far."""

    def __init__(self, declaration: Declaration, origin: Origin, around: Surroundings, backend: str) -> None:
        self._declaration = declaration
        self._origin = origin
        self._around = around
        self._backend = backend
        self._claims: dict[tuple[str, PathKind, str], Claim] = {}
        self._listeners: list[TcpListener] = []
        self._tcp_routes: list[TcpRoute] = []
        self._references: set[str] = set()
        # Problems of what all routes share are found once for each of them.
        self._problems: dict[Problem, None] = dict.fromkeys(declaration.problems)
        self._flawed = bool(declaration.problems)
        self._pool: Pool | None = None
        self._policy = Policy()
        self._pool_is_flawed = False

    def finish(self) -> Asked:
        """All of it."""
        translation = Translation(
            tuple(self._claims.values()),
            tuple(self._listeners),
            tuple(self._problems),
            flawed=self._flawed,
            tcp_routes=tuple(self._tcp_routes),
        )
        values: dict[str, object] = {
            field: value for field, value in self._declaration.values.items() if field in _SETTINGS
        }
        secure = read_server_tls(
            self._declaration.values,
            self._declaration.problems,
            Names(f"{self._origin.name}.service.consul", "", authority=self._around.authority),
        )
        if secure.tls is not None:
            values["tls"] = secure.tls
        settings = replace(self._around.settings, **cast(dict[str, Any], values))
        references = frozenset(self._references - {self._origin.name})
        flawed = bool(self._declaration.problems) or self._pool_is_flawed or bool(self._policy.closed)
        return Asked(translation, settings, flawed, self._pool, references, self._policy)

    def read_dissent(self, outcome: Outcome) -> None:
        """The instances that say something else than what is in force."""
        for instance in outcome.dissent[:_MOST_DISSENT]:
            name, reason = describe(outcome, instance)
            self._problem(name, dict(instance.wishes).get(name, ""), reason)

    def read_routes(self) -> None:
        """The hosts and paths of each route, all with its policy."""
        for reading in self._declaration.routes:
            policy = self._read_policy(reading)
            hosts = cast(Iterable[str], reading.values.get("host", ("",)))
            for host in hosts:
                for kind, path in _paths(reading.values):
                    self._claim(host, kind, path, policy, reading.prefix)
            if reading.values.get("ssl_passthrough"):
                self._pass_through(frozenset(hosts), reading)

    def read_rules(self) -> None:
        """The rules for all requests that come to the service."""
        if self._declaration.service is not None:
            self._policy = self._read_policy(self._declaration.service)

    def read_ports(self) -> None:
        """The TCP ports."""
        for port in cast(tuple[TcpPort, ...], self._declaration.values.get("tcp", ())):
            if port.target:
                self._flawed = True
                advice = f"an instance has one port only; write {replace(port, target='').text}"
                self._problem("tcp", port.text, advice)
            published = port.publish(self._backend, self._origin)
            if isinstance(published, TcpRoute):
                self._tcp_routes.append(published)
            else:
                self._listeners.append(published)

    def read_pool(self) -> None:
        """The pods that serve beside the instances."""
        side = Side(CONSUL, self._around.partner, f"{self._around.prefix}.")
        said = self._declaration
        self._pool, faults = read_pool(said.values, said.problems, self._origin, side)
        self._pool_is_flawed = bool(faults)
        for name, reason in faults:
            self._problem(name, "", reason)

    def _pass_through(self, hosts: frozenset[str], reading: Reading) -> None:
        """Relay these hosts undecrypted."""
        places = [key for key in self._claims if key[0] in hosts]
        relayed = pass_through([self._claims[key] for key in places])
        self._claims.update(zip(places, relayed.claims, strict=True))
        self._tcp_routes += relayed.routes
        for complaint in relayed.complaints:
            self._flawed = self._flawed or complaint.flawed
            problem = reading.problem(self._origin, OPTION, "true", complaint.reason, closes=complaint.closes)
            self._problems[problem] = None

    def _read_policy(self, reading: Reading) -> Policy:
        policy, problems = read_policy(reading, self._origin, self._resolve)
        self._flawed = self._flawed or bool(problems)
        self._problems.update(dict.fromkeys(problems))
        for service in sorted(_services(policy, self._around)):
            self._references.add(service)
            if service != self._origin.name and (reason := self._around.absence(service)):
                asked = self._around.backend(service) in policy.asked
                option = f"{reading.prefix}{'acl' if asked else 'use-backend'}"
                reason += "; for rules that ask, it has no servers" if asked else _EFFECT
                self._problems[problem_with(self._origin, option, service, reason)] = None
        return policy

    def _claim(self, host: str, kind: PathKind, path: str, policy: Policy, prefix: str) -> None:
        key = (host, kind, path)
        if key in self._claims:
            reason = f"host {host or 'any'} and path {path} are there already; the first counts"
            self._problems[problem_with(self._origin, f"{prefix}path", path, reason)] = None
            return
        self._claims[key] = Claim(host, Route(kind, path, self._backend, self._origin, policy))

    def _resolve(self, word: str) -> str:
        if not word or len(word) > _LONGEST_NAME or not set(word).isdisjoint("/:@ "):
            raise ValueError(f'"{word}" is not the name of a Consul service')
        return self._around.backend(word)

    def _problem(self, name: str, text: str, reason: str) -> None:
        option = f"{self._around.prefix}.{name}"
        self._problems[problem_with(self._origin, option, text, reason)] = None


_SETTINGS: Final = frozenset(BackendSettings.__struct_fields__)


def _paths(values: Mapping[str, object]) -> Iterable[tuple[PathKind, str]]:
    path_type = cast(str, values.get("path_type", "Prefix"))
    for path in cast(Iterable[str], values.get("path", ("/",))):
        yield read_path(path, path_type)


def _services(policy: Policy, around: Surroundings) -> set[str]:
    start = len(around.backend(""))
    return {name[start:] for name in policy.named_backends}

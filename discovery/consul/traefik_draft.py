"""What a router asks for, made of what is declared of it and of all that it names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from msgspec.structs import replace

from discovery.consul.traefik_names import Declared, Name, Names
from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.golang import read_list
from discovery.dialects.traefik import PREFIX
from discovery.dialects.traefik_effect import Effect
from discovery.dialects.traefik_limits import counted_as
from discovery.dialects.traefik_middlewares import read_middleware
from discovery.dialects.traefik_router import HTTP, HTTPS, Router, entrances, local_name, places, read_router
from discovery.dialects.traefik_service import read_service
from discovery.source import Claim, Translation
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin, Route

_MOST_MIDDLEWARES: Final = 100
_NO_PORT: Final = "a TCP router needs an entry point that is a port; say --consul-entry-point NAME=PORT"
_NO_TLS: Final = "the router wants TLS, its entry points have none"
_CHAIN: Final = "chain.middlewares"


class Draft:
    """What has been read of a router so far."""

    def __init__(
        self, name: Name, declared: Declared, origin: Origin, names: Names, entry_points: Mapping[str, str]
    ) -> None:
        self._name = name
        self._declared = declared
        self._origin = origin
        self._names = names
        self._entry_points = entry_points
        self._protocol = name.kind.partition(".")[0]
        self._uses: set[Name] = set()
        self._problems: dict[Problem, None] = {}
        self._flawed = False

    @property
    def uses(self) -> frozenset[Name]:
        """All that the router names."""
        return frozenset(self._uses)

    def finish(self) -> Translation:
        """All of it."""
        self._note(self._name, self._declared.owner, self._declared.dissent)
        tcp = self._protocol == "tcp"
        router, complaints = read_router(self._declared.options, tcp=tcp)
        self._note(self._name, self._declared.owner, complaints)
        found, complaints = places(router, self._entry_points)
        self._note(self._name, self._declared.owner, complaints)
        backend = self._backend(router)
        effect = self._effect(router)
        if not router.alternatives or (router.entry_points and not found):
            return Translation(problems=tuple(self._problems), flawed=True)
        if tcp:
            return self._tcp(router, found, backend)
        return self._http(router, found, backend, effect)

    def _http(self, router: Router, found: list[str], backend: str, effect: Effect) -> Translation:
        closed = self._closed()
        policy = Policy(closed=closed) if closed else _policy(effect)
        ways = entrances(router, found)
        if not ways:
            self._note(self._name, self._declared.owner, (Complaint("entrypoints", _NO_TLS),))
        claims = {}
        for way, gate in product(router.alternatives, ways):
            when = way.condition(*gate)
            route = Route(way.kind, way.path, backend, self._origin, policy, when, router.priority)
            claims[way.host, way.kind, way.path, str(when)] = Claim(way.host, route)
        return Translation(tuple(claims.values()), (), tuple(self._problems), flawed=self._flawed)

    def _tcp(self, router: Router, found: list[str], backend: str) -> Translation:
        ports = list(dict.fromkeys(_ports(router, found)))
        if not ports:
            reason = _NO_TLS if router.tls else _NO_PORT
            self._note(self._name, self._declared.owner, (Complaint("entrypoints", reason),))
        if router.middlewares:
            reason = "middlewares are not possible for TCP"
            self._note(self._name, self._declared.owner, (Complaint("middlewares", reason, closes=True),))
        asked = Translation(problems=tuple(self._problems), flawed=self._flawed)
        if self._closed():
            return asked
        if not router.tls:
            return replace(asked, listeners=tuple(TcpListener(port, backend, self._origin) for port in ports))
        routes = (
            TcpRoute(way.host, backend, self._origin, port, not router.passthrough)
            for way, port in product(router.alternatives, ports)
        )
        return replace(asked, tcp_routes=tuple(routes))

    def _closed(self) -> str:
        """Why the router lets nobody in; empty: it does."""
        if self._declared.closed:
            return (
                f"service {self._declared.owner}: a tag that may be meant to keep requests out is not known"
            )
        return next((str(problem) for problem in self._problems if problem.closes), "")

    def _backend(self, router: Router) -> str:
        name = Name(f"{self._protocol}.services", router.service)
        if not router.service:
            if "service" not in dict(self._declared.options):
                self._refuse_service("is missing, and no service alone could be meant")
            return name.backend(self._origin.source)
        self._uses.add(name)
        declared = self._names.elect(name)
        if declared is None:
            self._refuse_service(f'service "{router.service[:100]}" is declared by no tags')
            return name.backend(self._origin.source)
        _, complaints = read_service(declared.options)
        self._note(name, declared.owner, [complaint for complaint in complaints if complaint.closes])
        return name.backend(self._origin.source)

    def _refuse_service(self, reason: str) -> None:
        self._note(self._name, self._declared.owner, (Complaint("service", reason, closes=True),))

    # --- middlewares

    def _effect(self, router: Router) -> Effect:
        if self._protocol == "tcp":
            return Effect()
        effects = list(self._effects(router.middlewares, self._name, self._declared.owner, ()))
        rules = tuple(rule for effect in effects for rule in effect.rules)
        # The first middleware is the outermost: it has the last word on an answer.
        final = tuple(rule for effect in reversed(effects) for rule in effect.final)
        compression = next((effect.compression for effect in effects if effect.compression), None)
        return Effect(rules, final, compression)

    def _effects(
        self, words: Iterable[str], user: Name, owner: str, within: tuple[Name, ...]
    ) -> Iterator[Effect]:
        for word in words:
            try:
                name = Name("http.middlewares", local_name(word))
            except ComplaintError as error:
                self._note(user, owner, (Complaint("middlewares", str(error), word[:100], closes=True),))
                continue
            self._uses.add(name)
            if name in within or len(self._uses) > _MOST_MIDDLEWARES:
                reason = f'"{name.name[:100]}" names itself, or too many others'
                self._note(user, owner, (Complaint("middlewares", reason, closes=True),))
                continue
            yield from self._one_effect(name, user, owner, (*within, name))

    def _one_effect(self, name: Name, user: Name, owner: str, within: tuple[Name, ...]) -> Iterator[Effect]:
        declared = self._names.elect(name)
        if declared is None:
            reason = f'middleware "{name.name[:100]}" is declared by no tags'
            self._note(user, owner, (Complaint("middlewares", reason, closes=True),))
            return
        self._note(name, declared.owner, declared.dissent)
        said = dict(declared.options)
        if list(said) == [_CHAIN]:
            yield from self._effects(read_list(said[_CHAIN]), name, declared.owner, within)
            return
        try:
            effect, complaints = read_middleware(said)
        except ComplaintError as error:
            effect, complaints = Effect(), (Complaint("", str(error), closes=True),)
        self._note(name, declared.owner, complaints)
        yield counted_as(effect, f"{self._name} {name}")

    def _note(self, name: Name, service: str, complaints: Iterable[Complaint]) -> None:
        owner = Origin(self._origin.source, "service", self._origin.namespace, service)
        for complaint in complaints:
            option = f"{PREFIX}{name}{'.' if complaint.option else ''}{complaint.option}"
            self._problems[Problem(owner, option, complaint.reason, complaint.value, complaint.closes)] = None
            self._flawed = self._flawed or complaint.flawed


def _ports(router: Router, found: Sequence[str]) -> Iterator[int]:
    """The ports of a TCP router, the HTTPS listeners as 0."""
    if router.tls and (HTTPS in found or not router.entry_points):
        yield 0
    yield from (int(place) for place in found if place not in {HTTP, HTTPS})


def _policy(effect: Effect) -> Policy:
    return Policy(effect.rules, final_rules=effect.final, compression=effect.compression)

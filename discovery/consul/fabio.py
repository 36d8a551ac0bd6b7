"""The routes of fabio's tags, told to a sink: one table over all services, as several may share a route."""

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.alias import Alias
from discovery.consul.instance import Instance
from discovery.consul.servers import distinct, make_server
from discovery.consul.tag_table import TagOptions
from discovery.dialects.complaint import Complaint, ComplaintError
from discovery.dialects.fabio import (
    PREFIX,
    TCP,
    Options,
    Place,
    Tag,
    Wanted,
    read_place,
    read_tag,
    read_weight,
    want,
)
from discovery.dialects.fabio_commands import Add, Command, Delete, Weigh, is_meant
from discovery.dialects.fabio_policy import make_condition, make_policy
from discovery.said import Said
from discovery.source import Claim, Sink, Translation
from ingress.model.backend import Backend, ProxyHeader, Server, ServerTls
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin, Route

_SLOTS: Final = 10_000
"""What the shares of a route add up to, as in fabio."""
_MOST_DISSENT: Final = 5
_LONGEST_NAME: Final = 200
_NO_PLACE: Final = "nothing is registered in Consul unless --consul-register IP:PORT says where we are"


class Target(Struct, frozen=True):
    """An instance, or an address of a command, on one route."""

    owner: Origin
    """Who says so, for problems."""
    service: str
    server: Server
    """With Consul's weight; 0: it gets no requests."""
    options: Options = ()
    tags: frozenset[str] = frozenset()
    share: float = 0.0
    """Its part of all requests; 0: what the others leave."""
    created: int = 0
    problems: tuple[Complaint, ...] = ()


class FabioTable:
    """What fabio would route. What changes costs the routes that it touches."""

    def __init__(self, options: TagOptions, sink: Sink) -> None:
        self._source = options.source
        self._namespace = options.namespace
        self._settings = options.settings
        self._authority = options.authority
        self._registers = options.registers
        self._sink = sink
        self._said = Said(sink)
        self._services: dict[str, dict[str, list[Target]]] = {}
        self._routes: dict[str, set[str]] = {}
        """The services of each route."""
        self._commands: tuple[Command, ...] = ()
        self._backends: dict[str, Backend] = {}
        self._changed: dict[str, None] = {}
        self._aliases: dict[str, tuple[str, Alias]] = {}
        """The name that each route asks for."""

    @property
    def aliases(self) -> Mapping[str, Alias]:
        """The names under which this instance is to be found in Consul."""
        return {name: alias for _, (name, alias) in sorted(self._aliases.items(), reverse=True)}

    def put(self, service: str, instances: Sequence[Instance]) -> None:
        """The instances of a service; between the last of them and its end its routes stay, empty."""
        before = self._services.get(service, {})
        routes = self._read(service, instances)
        if not instances:
            routes = {source: [_away(each) for each in targets] for source, targets in before.items()}
        self._replace(service, before, routes)

    def drop(self, service: str) -> None:
        """The service is not there any more."""
        self._replace(service, self._services.get(service, {}), {})

    def command(self, commands: tuple[Command, ...]) -> None:
        """The commands that are carried out on what the tags say."""
        if commands == self._commands:
            return
        added = (command.source for command in (*self._commands, *commands) if isinstance(command, Add))
        self._changed.update(dict.fromkeys((*self._routes, *added)))
        self._commands = commands

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""
        while self._changed:
            source, _ = self._changed.popitem()
            self._say(source)

    def _read(self, service: str, instances: Iterable[Instance]) -> dict[str, list[Target]]:
        routes: dict[str, list[Target]] = {}
        owner = Origin(self._source, "service", self._namespace, service)
        for instance in sorted(instances, key=lambda each: each.key):
            tags = [read_tag(tag, instance.datacentre) for tag in instance.tags]
            others = frozenset(tag for tag, read in zip(instance.tags, tags, strict=True) if read is None)
            for tag in sorted(tag for tag in tags if tag is not None):
                routes.setdefault(tag.source, []).append(_target(owner, instance, tag, others))
        return routes

    def _replace(
        self, service: str, before: dict[str, list[Target]], routes: dict[str, list[Target]]
    ) -> None:
        for source in before.keys() | routes.keys():
            if before.get(source) == routes.get(source):
                continue
            self._changed[source] = None
            services = self._routes.setdefault(source, set())
            (services.add if source in routes else services.discard)(service)
            if not services:
                del self._routes[source]
        if routes:
            self._services[service] = routes
        else:
            self._services.pop(service, None)

    # --- one route is said

    def _say(self, source: str) -> None:
        origin = Origin(self._source, "urlprefix", self._namespace, source[:_LONGEST_NAME])
        targets = self._targets(source)
        name = f"{self._source}:{source}"
        if not targets:
            self._said.drop(origin)
            self._aliases.pop(source, None)
            if self._backends.pop(source, None) is not None:
                self._sink.drop_backend(self._source, name)
            return
        draft = _Draft(source, origin, name, targets, registers=self._registers)
        translation = draft.finish()
        if not translation.flawed:
            self._note_alias(source, draft)
        if translation.asks or source in self._backends:
            # The backend comes first: a route in force must not lead to nowhere, not even for a moment.
            self._put_backend(source, name, targets, draft.wanted)
        self._said.put(origin, translation)

    def _note_alias(self, source: str, draft: "_Draft") -> None:
        if draft.wanted.register and self._registers:
            self._aliases[source] = draft.wanted.register, draft.alias
        else:
            self._aliases.pop(source, None)

    def _put_backend(self, source: str, name: str, targets: Sequence[Target], wanted: Wanted) -> None:
        service = ",".join(sorted({target.service for target in targets}))[:_LONGEST_NAME]
        settings = replace(self._settings, server_host=True) if wanted.server_host else self._settings
        if wanted.protocol == "https":
            authority = self._authority if wanted.verify else ""
            settings = replace(settings, tls=ServerTls(wanted.verify, authority))
        if wanted.send_proxy and wanted.protocol in TCP:
            settings = replace(settings, send_proxy=ProxyHeader.V1)
        backend = Backend(name, _servers(targets), settings, self._namespace, service)
        if self._backends.get(source) != backend:
            self._backends[source] = backend
            self._sink.put_backend(self._source, backend)

    def _targets(self, source: str) -> list[Target]:
        """Those of the tags, as the commands leave them."""
        services = sorted(self._routes.get(source, ()))
        targets = [target for name in services for target in self._services[name][source]]
        for command in self._commands:
            match command:
                case Add() if command.source == source:
                    targets.append(_added(command))
                case Delete():
                    targets = [each for each in targets if not _is_deleted(command, source, each)]
                case Weigh() if command.source == source:
                    targets = _weighed(command, targets)
        return targets


class _Draft:
    """What has been read of a route so far."""

    def __init__(
        self, source: str, origin: Origin, backend: str, targets: Sequence[Target], *, registers: bool
    ) -> None:
        self._option = f"{PREFIX}{source}"[:_LONGEST_NAME]
        self._source = source
        self._origin = origin
        self._registers = registers
        self._backend = backend
        self._targets = targets
        self._owner = targets[0].owner
        self.wanted = Wanted()
        """What the options ask for."""
        self._problems: dict[Problem, None] = {}
        self._flawed = False

    @property
    def alias(self) -> Alias:
        """Who wants that this instance is registered."""
        return Alias(self._owner, self._option)

    def finish(self) -> Translation:
        """All of it."""
        options = self._elect()
        for target in self._targets:
            for complaint in target.problems:
                self._complain(complaint, target.owner)
        try:
            place = read_place(self._source, options)
        except ComplaintError as error:
            self._complain(Complaint("", str(error)), self._owner)
            return Translation(problems=tuple(self._problems), flawed=True)
        asked = self._read(place, options)
        return replace(asked, problems=tuple(self._problems), flawed=self._flawed)

    def _elect(self) -> Options:
        """What most targets say; of those that as many say, what is said for longer."""
        parties: dict[Options, list[Target]] = {}
        for target in self._targets:
            parties.setdefault(target.options, []).append(target)
        winner = max(parties, key=lambda each: _strength(each, parties[each]))
        self._owner = parties[winner][0].owner
        dissent = [target for target in self._targets if target.options != winner]
        for target in dissent[:_MOST_DISSENT]:
            reason = (
                f'{target.server.name} says "{_spoken(target.options)}"; in force is what most say: '
                f'"{_spoken(winner)}"'
            )
            self._complain(Complaint("", reason, flawed=False), target.owner)
        return winner

    def _read(self, place: Place, options: Options) -> Translation:
        wanted, complaints = want(options)
        tcp = place.port or place.relayed
        if tcp and (wanted.allow or wanted.deny):
            reason = "allow and deny are not possible for TCP"
            complaints = (*complaints, Complaint("", reason, closes=True))
        if wanted.send_proxy and not tcp:
            complaints = (*complaints, Complaint("pxyproto", "counts only beside proto=tcp", flawed=False))
        if wanted.register and not self._registers:
            complaints = (*complaints, Complaint("register", _NO_PLACE, wanted.register, flawed=False))
        for complaint in complaints:
            self._complain(complaint, self._owner)
        self.wanted = wanted
        closed = next((str(problem) for problem in self._problems if problem.closes), "")
        if tcp and closed:
            return Translation()
        if place.port:
            return Translation(listeners=(TcpListener(place.port, self._backend, self._origin),))
        if place.relayed:
            return Translation(tcp_routes=(TcpRoute(place.host, self._backend, self._origin),))
        policy = Policy(closed=closed) if closed else make_policy(wanted)
        when = None if closed else make_condition(wanted, place)
        route = Route(place.kind, place.path, self._backend, self._origin, policy, when)
        return Translation((Claim(place.host, route),))

    def _complain(self, complaint: Complaint, owner: Origin) -> None:
        reason = f"{complaint.option}: {complaint.reason}" if complaint.option else complaint.reason
        self._problems[Problem(owner, self._option, reason, complaint.value, complaint.closes)] = None
        self._flawed = self._flawed or complaint.flawed


def _target(owner: Origin, instance: Instance, tag: Tag, others: frozenset[str]) -> Target:
    problems: tuple[Complaint, ...] = ()
    share = 0.0
    options = dict(tag.options)
    try:
        share = read_weight(options.pop("weight", "0"))
    except ComplaintError as error:
        problems = (Complaint("weight", f"{instance.key}: {error}", flawed=False),)
    if instance.fault:
        reason = f"{instance.key} {instance.fault}, so it gets no requests"
        problems = (*problems, Complaint("", reason, flawed=False))
    return Target(
        owner,
        owner.name,
        make_server(instance, 0 if instance.fault else instance.weight),
        tuple(options.items()),
        others,
        share,
        instance.created,
        problems,
    )


def _away(target: Target) -> Target:
    return replace(target, server=replace(target.server, weight=0), problems=())


def _added(command: Add) -> Target:
    return Target(
        command.owner,
        command.service,
        # A redirect leads to no server.
        Server(command.host, command.port, 1 if command.host else 0, name=command.owner.name),
        command.options,
        command.tags,
        command.share,
    )


def _is_deleted(command: Delete, source: str, target: Target) -> bool:
    if command.source and command.source != source:
        return False
    if command.address and command.address != (target.server.host, target.server.port):
        return False
    return is_meant(command.service, command.tags, target.service, target.tags)


def _weighed(command: Weigh, targets: Sequence[Target]) -> list[Target]:
    """The targets with the share divided among those that are meant and can be sent to."""
    meant = [
        target.server.weight > 0 and is_meant(command.service, command.tags, target.service, target.tags)
        for target in targets
    ]
    share = command.share / max(1, sum(meant))
    pairs = zip(targets, meant, strict=True)
    return [replace(target, share=share) if hit else target for target, hit in pairs]


def _servers(targets: Iterable[Target]) -> tuple[Server, ...]:
    """The servers with their weights: Consul's, unless a share is fixed."""
    alive = [target for target in targets if target.server.weight]
    if not any(target.share for target in alive):
        return distinct(target.server for target in alive)
    pairs = zip(alive, _shares(alive), strict=True)
    return distinct(replace(target.server, weight=share) for target, share in pairs)


def _shares(targets: Sequence[Target]) -> list[int]:
    """What each gets of the slots: those with a share that, the others what is left, evenly."""
    fixed = sum(target.share for target in targets)
    others = sum(not target.share for target in targets)
    scale = 1 / fixed if fixed > 1 or not others else 1.0
    rest = max(0.0, 1 - fixed) / others if others else 0.0
    shares = (target.share * scale or rest for target in targets)
    slots = [max(1, int(_SLOTS * share + 1e-6)) if share > 0 else 0 for share in shares]
    divisor = gcd(*slots)
    return [slot // divisor for slot in slots]


def _strength(options: Options, party: Sequence[Target]) -> tuple[int, int, Options]:
    return len(party), -min(target.created for target in party), options


def _spoken(options: Options) -> str:
    return " ".join(f"{name}={value}" for name, value in options)[:_LONGEST_NAME]

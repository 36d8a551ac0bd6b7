"""The routers of Traefik's tags, told to a sink: one table over all services, as names are shared by all."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from discovery.consul.instance import Instance
from discovery.consul.servers import distinct, make_server
from discovery.consul.tag_table import TagOptions
from discovery.consul.traefik_draft import Draft
from discovery.consul.traefik_names import Name, Names, Party
from discovery.dialects.complaint import Complaint
from discovery.dialects.traefik import PREFIX, decode
from discovery.dialects.traefik_service import read_place, read_service
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.backend import Backend, Server, ServerTls
from ingress.model.problem import Problem
from ingress.model.route import Origin

_MOST_FAULTS: Final = 5


class TraefikTable:
    """What Traefik would route. What changes costs the routers that it touches."""

    def __init__(self, options: TagOptions, sink: Sink) -> None:
        self._options = options
        self._sink = sink
        self._said = Said(sink)
        self._names = Names()
        self._uses: dict[Name, frozenset[Name]] = {}
        """Of each router that is told, what it names."""
        self._users: dict[Name, set[Name]] = {}
        self._backends: dict[Name, tuple[Backend, tuple[Problem, ...]]] = {}
        self._changed: dict[Name, None] = {}

    def put(self, service: str, instances: Sequence[Instance]) -> None:
        """The instances of a service; between the last of them and its end its routers stay."""
        before = self._names.of_service(service)
        parties = tuple(self._parties(service, instances))
        if not instances:
            parties = tuple(replace(party, instances=()) for party in before)
        self._replace(service, parties)

    def drop(self, service: str) -> None:
        """The service is not there any more."""
        self._replace(service, ())
        self._said.drop(self._origin("traefik", service))

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""
        while self._changed:
            name, _ = self._changed.popitem()
            if name.is_router:
                self._say(name)
            else:
                self._refresh(name)

    def _parties(self, service: str, instances: Iterable[Instance]) -> Iterator[Party]:
        """The instances by what they say, which is read once for all that say the same."""
        by_tags: dict[tuple[str, ...], list[Instance]] = {}
        for instance in sorted(instances, key=lambda each: each.key):
            by_tags.setdefault(instance.tags, []).append(instance)
        for tags, members in by_tags.items():
            said = decode(tags, service, exposed=self._options.exposed_by_default)
            yield Party(service, said, tuple(members))

    def _replace(self, service: str, parties: tuple[Party, ...]) -> None:
        before = self._names.of_service(service)
        if parties == before:
            return
        self._say_of_service(service, parties)
        touched, changed = self._names.put(service, parties)
        # Of services the servers may have changed, of all else only what most say makes a difference.
        self._changed.update(dict.fromkeys(name for name in touched if name.is_service))
        for name in changed:
            self._changed.update(dict.fromkeys((name, *self._users.get(name, ()))))

    def _origin(self, kind: str, name: str) -> Origin:
        return Origin(self._options.source, kind, self._options.namespace, name)

    # --- what is wrong with the tags of a service beside its routers

    def _say_of_service(self, service: str, parties: Iterable[Party]) -> None:
        problems = dict.fromkeys(self._problems_of(service, parties))
        translation = Translation(problems=tuple(problems)) if problems else None
        self._said.put(self._origin("traefik", service), translation)

    def _problems_of(self, service: str, parties: Iterable[Party]) -> Iterator[Problem]:
        owner = self._origin("service", service)
        for party in parties:
            for complaint in party.said.complaints:
                yield Problem(owner, PREFIX + complaint.option, complaint.reason, complaint.value)
            if not party.said.enabled:
                if party.said.undecided and _wishes(party):
                    reason = "is missing, so no requests come here; add the tag traefik.enable=true"
                    yield Problem(owner, f"{PREFIX}enable", reason)
                continue
            for instance in [each for each in party.instances if each.fault][:_MOST_FAULTS]:
                yield Problem(owner, "address", f"{instance.key} {instance.fault}, so it gets no requests")

    # --- one router is said

    def _say(self, name: Name) -> None:
        origin = self._origin("router", name.name if name.kind == "http.routers" else f"tcp/{name.name}")
        declared = self._names.elect(name)
        if declared is None:
            self._said.drop(origin)
            self._use(name, frozenset())
            return
        draft = Draft(name, declared, origin, self._names, self._options.entry_points)
        translation = draft.finish()
        # The backend comes first: a route in force must not lead to nowhere, not even for a moment.
        self._use(name, draft.uses)
        self._said.put(origin, translation)

    def _use(self, router: Name, names: frozenset[Name]) -> None:
        before = self._uses.pop(router, frozenset())
        if names:
            self._uses[router] = names
        for name in names - before:
            self._users.setdefault(name, set()).add(router)
        for name in before - names:
            users = self._users[name]
            users.discard(router)
            if not users:
                del self._users[name]
        for name in before ^ names:
            self._refresh(name)

    # --- backends

    def _refresh(self, name: Name) -> None:
        """Tell of the backend of a service, if a router in force leads to it."""
        if not name.is_service:
            return
        if name not in self._users:
            if self._backends.pop(name, None) is not None:
                self._sink.drop_backend(self._options.source, name.backend(self._options.source))
            return
        made = self._backend(name)
        if self._backends.get(name) != made:
            self._backends[name] = made
            self._sink.put_backend(self._options.source, *made, flawed=bool(made[1]))

    def _backend(self, name: Name) -> tuple[Backend, tuple[Problem, ...]]:
        declared = self._names.elect(name)
        problems: dict[Problem, None] = {}
        settings = self._options.settings
        if declared is not None:
            values, complaints = read_service(declared.options, name.name)
            settings = replace(settings, **values)
            self._note(problems, name, declared.owner, complaints)
            self._note(problems, name, declared.owner, declared.dissent)
        servers: list[Server] = []
        tls = False
        for party, options in self._names.of(name):
            place, complaints = read_place(options)
            self._note(problems, name, party.service, complaints)
            # Where they differ, none is sent in plain text what is meant to be secret.
            tls = tls or place.tls
            sound = (each for each in party.instances if not each.fault)
            servers += [make_server(each, each.weight * place.weight, place.port) for each in sound]
        if tls:
            settings = replace(settings, tls=ServerTls(verify=True, authority=self._options.authority))
        services = ",".join(sorted({party.service for party, _ in self._names.of(name)}))[:200]
        label = name.backend(self._options.source)
        backend = Backend(label, distinct(servers), settings, self._options.namespace, services)
        return backend, tuple(problems)

    def _note(
        self, problems: dict[Problem, None], name: Name, service: str, complaints: Iterable[Complaint]
    ) -> None:
        owner = self._origin("service", service)
        for complaint in complaints:
            option = f"{PREFIX}{name}.{complaint.option}"
            problems[Problem(owner, option, complaint.reason, complaint.value)] = None


def _wishes(party: Party) -> bool:
    return any(tag.startswith(PREFIX) for each in party.instances for tag in each.tags)

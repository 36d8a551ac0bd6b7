"""All services that are known, told to a sink: instances in, what they ask for out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.consul.alias import Alias
from discovery.consul.declare import Asked, Surroundings, declare
from discovery.consul.dialects import DIALECTS
from discovery.consul.election import Outcome, elect
from discovery.consul.fabio import FabioTable
from discovery.consul.fabio_keys import FabioKeys
from discovery.consul.instance import Instance, InstanceKey
from discovery.consul.key_table import OWNER, KeyTable
from discovery.consul.servers import awake, rank_servers
from discovery.consul.tag_table import TagOptions
from discovery.dialects.tags import ENABLE, is_enabled
from discovery.dialects.traefik_router import ENTRY_POINTS
from discovery.pool import Pool
from discovery.pooling import Partner, of_datacentre
from discovery.said import Said
from discovery.source import Sink, Translation
from ingress.model.backend import Backend, BackendSettings, Server
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

Instances = Mapping[InstanceKey, Instance]
_MOST_FAULTS: Final = 5


class RegistryOptions(Struct, frozen=True):
    """How services are read."""

    source: str
    datacentres: tuple[str, ...] = ("",)
    """The best first: the next one serves too where those before it have too few instances."""
    enough: int = 1
    """How many instances are not too few."""
    prefix: str = "headgate"
    exposed_by_default: bool = False
    namespace: str = ""
    settings: BackendSettings = BackendSettings()
    partner: Partner = Partner()
    """The source of Services that pools may take pods of."""
    dialects: tuple[str, ...] = ()
    """Whose tags are read beside our own: names in DIALECTS."""
    entry_points: tuple[tuple[str, str], ...] = ()
    """What Traefik's entry points are, beside those that everybody has: `http`, `https` or a port."""
    authority: str = ""
    """The name of the authority by which instances are verified; empty: by those that the system trusts."""
    registers: bool = False
    """Whether tags may ask for a name of this instance in Consul."""


class _Known(Struct):
    """What is known of a service."""

    groups: dict[str, Instances]
    """Its instances by datacentre."""
    outcome: Outcome | None = None
    """The wishes in force; None: no instance wants requests."""
    references: frozenset[str] = frozenset()


class Registry:
    """Tells a sink what services ask for. What changes costs what it touches, however many there are."""

    def __init__(self, options: RegistryOptions, sink: Sink) -> None:
        self._options = options
        self._sink = sink
        self._said = Said(sink)
        self._services: dict[str, _Known] = {}
        self._wanted_by: dict[str, set[str]] = {}
        self._backends: dict[str, tuple[Backend, bool, Pool | None]] = {}
        self._changed: dict[str, None] = {}
        self._complete = False
        self._others = [DIALECTS[name].make(_tag_options(options), sink) for name in options.dialects]
        self._around = Surroundings(
            options.source,
            options.prefix,
            options.settings,
            self._absence,
            options.partner,
            options.authority,
        )
        self.keys = KeyTable(self._around, options.namespace, sink, self._refer)
        """The routes of keys; `put` is given all of them."""
        self._fabio = [other for other in self._others if isinstance(other, FabioTable)]
        self.commands = [FabioKeys(options.source, options.namespace, each, sink) for each in self._fabio]
        """What is told of the keys with fabio's commands, if its dialect is read."""

    @property
    def aliases(self) -> Mapping[str, Alias]:
        """The names under which this instance is to be found in Consul."""
        return {name: alias for each in self._fabio for name, alias in each.aliases.items()}

    def put(self, datacentre: str, service: str, instances: Instances) -> None:
        """The instances of a service in a datacentre."""
        known = self._services.get(service)
        if known is None:
            known = self._services[service] = _Known({})
            # Why it cannot be sent requests is another reason now.
            self._changed.update(dict.fromkeys(self._wanted_by.get(service, ())))
        known.groups[datacentre] = instances
        self._changed[service] = None

    def drop(self, datacentre: str, service: str) -> None:
        """The service is not there any more in a datacentre."""
        known = self._services.get(service)
        if known is not None and known.groups.pop(datacentre, None) is not None:
            self._changed[service] = None

    def complete(self) -> None:
        """All services have been put: who is missing now does not exist."""
        self._complete = True
        for service, owners in self._wanted_by.items():
            self._changed.update(dict.fromkeys((service, *owners)))

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""
        self.keys.flush()
        while self._changed:
            service, _ = self._changed.popitem()
            if service.startswith(OWNER):
                self.keys.reconsider(service.removeprefix(OWNER))
                self.keys.flush()
            else:
                self._say(service)
        for other in self._others:
            other.flush()

    def origin(self, service: str) -> Origin:
        """What logs and problems name."""
        return Origin(self._options.source, "service", self._options.namespace, service)

    # --- one service is said

    def _say(self, service: str) -> None:
        known = self._services.get(service)
        self._tell_others(service, known)
        if known is not None and not known.groups:
            del self._services[service]
            self._refer(service, known.references, frozenset())
            self._changed.update(dict.fromkeys(self._wanted_by.get(service, ())))
            known = None
        if known is None:
            self._said.drop(self.origin(service))
            self._say_absent(service)
            return
        self._say_known(service, known)

    def _tell_others(self, service: str, known: _Known | None) -> None:
        for other in self._others:
            if known is None or not known.groups:
                other.drop(service)
            else:
                other.put(service, awake(self._first_group(known)))

    def _first_group(self, known: _Known) -> Sequence[Instance]:
        """The instances in the best datacentre that has one to send to, else in the best that has any."""
        groups = [tuple(known.groups[name].values()) for name in self._ordered(known)]
        serving = (group for group in groups if any(each.weight and not each.fault for each in group))
        return next(serving, None) or next(filter(None, groups), ())

    def _say_known(self, service: str, known: _Known) -> None:
        before = known.outcome
        known.outcome = self._elect(known)
        self._enabled_changed(service, was=before is not None, now=known.outcome is not None)
        if known.outcome is None:
            self._refer(service, known.references, frozenset())
            known.references = frozenset()
            self._said.put(self.origin(service), self._unasked(service, known))
            self._say_absent(service)
            return
        asked = declare(known.outcome, self.origin(service), self._around)
        self._refer(service, known.references, asked.references)
        known.references = asked.references
        faults = tuple(self._faults(service, known))
        # The backend comes first: a route in force must not lead to nowhere, not even for a moment.
        self._put_backend(service, self._servers(known), asked)
        self._said.put(self.origin(service), _with_problems(asked.translation, faults))

    def _elect(self, known: _Known) -> Outcome | None:
        for datacentre in self._ordered(known):
            members = [each for each in known.groups[datacentre].values() if self._is_member(each)]
            if members:
                return elect(members)
        if any(known.groups.values()):
            return None
        # Between the last instance and the end of the service, it is as it was, without servers.
        return known.outcome

    def _servers(self, known: _Known) -> tuple[Server, ...]:
        groups = (filter(self._is_member, known.groups[name].values()) for name in self._ordered(known))
        return rank_servers(groups)

    def _put_backend(self, service: str, servers: tuple[Server, ...], asked: Asked | None) -> None:
        options = self._options
        settings, flawed = (asked.settings, asked.flawed) if asked else (options.settings, False)
        backend = Backend(
            self._around.backend(service),
            servers,
            settings,
            options.namespace,
            service,
            enough=options.enough,
            policy=asked.policy if asked else Policy(),
        )
        pool = asked.pool if asked else None
        if self._backends.get(service) != (backend, flawed, pool):
            self._backends[service] = (backend, flawed, pool)
            self._sink.put_backend(options.source, backend, (), flawed, pool)
        self._put_datacentres(service, backend)

    def _put_datacentres(self, service: str, backend: Backend) -> None:
        """Where there are several datacentres, a pool may be with the instances in one of them."""
        if len(self._options.datacentres) < 2:
            return
        known = self._services.get(service)
        pool = Pool(self.origin(service), hidden=True)
        for name in self._options.datacentres:
            group = known.groups.get(name, {}) if known else {}
            servers = rank_servers([[each for each in group.values() if self._is_member(each)]])
            part = replace(backend, name=of_datacentre(backend.name, name), servers=servers)
            self._sink.put_backend(self._options.source, part, pool=pool)

    def _drop_datacentres(self, service: str) -> None:
        if len(self._options.datacentres) > 1:
            for name in self._options.datacentres:
                backend = of_datacentre(self._around.backend(service), name)
                self._sink.drop_backend(self._options.source, backend)

    def _say_absent(self, service: str) -> None:
        """A service that asks for nothing has a backend, an empty one, only if others refer to it."""
        if service in self._wanted_by:
            if self._complete:
                self._put_backend(service, (), None)
        elif self._backends.pop(service, None) is not None:
            self._sink.drop_backend(self._options.source, self._around.backend(service))
            self._drop_datacentres(service)

    # --- who refers to whom

    def _refer(self, owner: str, before: frozenset[str], now: frozenset[str]) -> None:
        for service in now - before:
            self._wanted_by.setdefault(service, set()).add(owner)
            self._reconsider(service)
        for service in before - now:
            owners = self._wanted_by[service]
            owners.discard(owner)
            if not owners:
                del self._wanted_by[service]
                self._reconsider(service)

    def _reconsider(self, service: str) -> None:
        known = self._services.get(service)
        if known is None or known.outcome is None:
            self._changed[service] = None

    def _enabled_changed(self, service: str, *, was: bool, now: bool) -> None:
        if was != now:
            self._changed.update(dict.fromkeys(self._wanted_by.get(service, ())))

    def _absence(self, service: str) -> str:
        known = self._services.get(service)
        if not self._complete or (known is not None and known.outcome is not None):
            return ""
        if known is None:
            return f"no service {service} has a tag that begins with {self._options.prefix}."
        return f"service {service} has no instance with the tag {self._options.prefix}.{ENABLE}=true"

    # --- what is wrong

    def _unasked(self, service: str, known: _Known) -> Translation | None:
        """What is said of a service that has wishes, but does not want requests."""
        wishing = [each for each in self._all(known) if each.wishes]
        if not wishing or any(ENABLE in dict(each.wishes) for each in wishing):
            return self._misspelt(service, wishing)
        option = f"{self._options.prefix}.{ENABLE}"
        reason = f"is missing, so no requests come here; add the tag {option}=true"
        return Translation(problems=(Problem(self.origin(service), option, reason),))

    def _misspelt(self, service: str, wishing: Iterable[Instance]) -> Translation | None:
        texts = {dict(each.wishes).get(ENABLE, "false") for each in wishing}
        wrong = sorted(text for text in texts if text.lower() != "false")
        if not wrong:
            return None
        option = f"{self._options.prefix}.{ENABLE}"
        problem = Problem(self.origin(service), option, "is neither true nor false", wrong[0][:200])
        return Translation(problems=(problem,))

    def _faults(self, service: str, known: _Known) -> Iterable[Problem]:
        """The instances that cannot get requests whatever their health, the first few of them."""
        origin = self.origin(service)
        members = [each for each in self._all(known) if self._is_member(each)]
        faulty = [each for each in members if each.fault]
        for instance in faulty[:_MOST_FAULTS]:
            yield Problem(origin, "address", f"{instance.key} {instance.fault}, so it gets no requests")
        for instance in [each for each in members if each.held][:_MOST_FAULTS]:
            yield Problem(origin, "check", f"{instance.key} {instance.reason}")
        silent = [each for each in self._all(known) if not each.wishes and not self._is_member(each)]
        for instance in silent[:_MOST_FAULTS]:
            option = f"{self._options.prefix}.{ENABLE}"
            reason = f"{instance.key} does not say it, so it gets no requests, unlike the others"
            yield Problem(origin, option, reason)

    def _all(self, known: _Known) -> Iterable[Instance]:
        return sorted(
            (each for group in known.groups.values() for each in group.values()),
            key=lambda instance: instance.key,
        )

    def _is_member(self, instance: Instance) -> bool:
        return is_enabled(instance.wishes, self._options.exposed_by_default)

    def _ordered(self, known: _Known) -> Iterable[str]:
        return (datacentre for datacentre in self._options.datacentres if datacentre in known.groups)


def _tag_options(options: RegistryOptions) -> TagOptions:
    entry_points = {**ENTRY_POINTS, **dict(options.entry_points)}
    facts = options.source, options.namespace, options.settings, options.exposed_by_default
    return TagOptions(*facts, entry_points, options.authority, options.registers)


def _with_problems(translation: Translation, problems: tuple[Problem, ...]) -> Translation | None:
    whole = (*translation.problems, *problems)
    return replace(translation, problems=whole) if translation.asks or whole else None

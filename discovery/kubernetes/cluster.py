"""A cluster as far as it is known: objects in, what they ask for out, at the cost of what changed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from discovery.kubernetes.authorities import Authorities
from discovery.kubernetes.backends import Backends
from discovery.kubernetes.certificates import DEFAULT, Certificates
from discovery.kubernetes.classes import Classes
from discovery.kubernetes.cluster_options import ClusterOptions
from discovery.kubernetes.key import BackendKey, Key
from discovery.kubernetes.lag_meter import LagMeter
from discovery.kubernetes.lookups import Lookups
from discovery.kubernetes.objects import (
    ConfigMapObject,
    EndpointSliceObject,
    IngressClassObject,
    IngressObject,
    ServiceObject,
)
from discovery.kubernetes.platforms import KIND as PLATFORM
from discovery.kubernetes.platforms import Platforms
from discovery.kubernetes.references import References
from discovery.kubernetes.restored import Restored, read_restored
from discovery.kubernetes.secret_store import SecretStore
from discovery.kubernetes.services import Service, read_service
from discovery.kubernetes.slices import Slices, shorten
from discovery.kubernetes.store import Store
from discovery.kubernetes.tcp import translate_tcp
from discovery.kubernetes.translate import (
    SILENCE,
    Asked,
    CertificateUse,
    Surroundings,
    translate_default,
    translate_ingress,
)
from discovery.said import Said
from discovery.source import LAST, NOTHING_UNREAD, Sink, Translation
from ingress.model.problem import Problem
from ingress.model.route import Origin
from ingress.model.times import Times

__all__ = ["Cluster", "ClusterOptions"]

_MOST_REFUSED: Final = 5


class Cluster:
    """Tells a sink what the objects of one source ask for. Nothing is said before `flush`."""

    def __init__(self, options: ClusterOptions, sink: Sink, now: Callable[[], float]) -> None:
        """`now` gives seconds since the epoch."""
        self.unread = NOTHING_UNREAD
        """What the source cannot read: what the sink has of that from an earlier life stays."""
        self._options = options
        self._said = Said(sink)
        earlier = read_restored(sink.restored(options.source))
        self._restored = Restored(options.source, earlier)
        self._classes = Classes(
            options.controller_name, options.ingress_class, without_class=options.watch_without_class
        )
        self._ingresses: dict[Key, IngressObject] = {}
        self._services: dict[Key, Service] = {}
        self._slices = Slices()
        self._meter = LagMeter(now)
        self._references = References()
        self._last_good: dict[Origin, frozenset[BackendKey]] = {}
        self._backends = Backends(options, sink, self._services, self._slices, now, self._restored.withhold)
        self._secrets = SecretStore()
        self._certificates = Certificates(options.source, sink, self._said, self._secrets.get, now)
        self._authorities = Authorities(options.source, sink, self._said, self._secrets.get, now)
        self.lookups = Lookups(options.source, sink, self._said, self._secrets.get)
        """What rules look into."""
        self._secrets.hearers = (
            self._certificates.heard,
            self._authorities.heard,
            self.lookups.users.heard,
        )
        self._backends.flaw = self.lookups.flaw
        self._platforms = Platforms(options.source, options.platform_rules, self._classes)
        self._waiting: dict[Origin, None] = {}
        self._around = Surroundings(
            options.source,
            self._services.get,
            options.allow_other_namespaces,
            self.lookups.flaw,
            options.partner,
        )
        self._changed: dict[Origin, None] = {}
        """Objects whose translation may differ."""
        self._moved: dict[BackendKey, None] = {}
        """Backends that may differ."""
        self._leaving: dict[BackendKey, None] = {}
        """Backends that may be in use no more."""
        self._stores = self._all_stores()
        if options.default_backend:
            self._changed[self._origin("settings", ("", "default-backend"))] = None
        self._changed.update((self._origin(PLATFORM, key), None) for key in self._platforms.known)
        if options.default_certificate:
            self._use_default_certificate(options.default_certificate)
        for origin, backends in earlier.items():
            self._restore(origin, backends)

    def put(self, kind: str, obj: Any) -> None:
        """An object, new or in place of the one of that name. `kind` is a key of KINDS."""
        if store := self._stores.get(kind):
            store.put(obj)

    def drop(self, kind: str, namespace: str, name: str) -> None:
        """An object is gone; nothing happens if it was not there."""
        if store := self._stores.get(kind):
            store.drop((namespace, name))

    def replace(self, kind: str, namespace: str | None, objects: Iterable[Any]) -> None:
        """All objects of a kind there are, in one namespace or (None) in all: the rest is gone."""
        if store := self._stores.get(kind):
            store.replace(namespace, objects)

    def flush(self) -> None:
        """Tell the sink what has changed since the last time.

        A source calls it for the first time when it has every kind it can read, since a Service
        without slices is a backend without servers; then after each batch of changes, and once a
        second besides, as some things change by the passing of time.
        """
        for _ in self.steps():
            pass

    def steps(self) -> Iterator[None]:
        """The same, one thing after the other: who breaks off begins anew, and goes on where it was.
        What a route refers to is always told before the route."""
        self._reconsider_restored()
        self._moved.update((backend, None) for backend in self._backends.due())
        yield from self._steps()
        self._meter.told()

    @property
    def lag(self) -> Times:
        """How long after their causes changes of endpoints were told."""
        return self._meter.lag

    def wanted_secrets(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each Secret that an Ingress of ours names for TLS, as of the last flush."""
        return self._certificates.wanted | self._authorities.wanted

    def wanted_userlists(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each Secret with users that rules look into, as of the last flush."""
        return self.lookups.wanted_secrets()

    def wanted_configmaps(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of each ConfigMap that rules look into, as of the last flush."""
        return self.lookups.wanted_configmaps() | self._platforms.known

    @property
    def waits(self) -> bool:
        """Something has not been told, as an object that it looks into has not been read yet."""
        return bool(self._waiting)

    def _steps(self) -> Iterator[None]:
        """Tell one thing after the other, so that a fault with one of them does not lose the rest."""
        # Endpoints first: they are what cannot wait for thousands of objects.
        while self._moved:
            self._tell(self._moved.popitem()[0])
            yield
        self._changed.update(self._waiting)
        self._waiting.clear()
        for owner in self.lookups.flush():
            self._changed[owner] = None
        for origin in [origin for origin in self._changed if origin.kind == PLATFORM]:
            del self._changed[origin]
            self._say(origin)
        while self._changed:
            self._say(self._changed.popitem()[0])
            yield
        # Those of Services whose rules look into something that is there now, or is there no more.
        while self._moved:
            self._tell(self._moved.popitem()[0])
            yield
        # At the end: another object may have come to refer to them.
        while self._leaving:
            self._tell(self._leaving.popitem()[0])
            yield
        yield from self._certificates.flush()
        yield from self._authorities.flush()

    def _tell(self, backend: BackendKey) -> None:
        if backend in self._references:
            self._backends.put(backend)
        else:
            self._backends.drop(backend)

    def _all_stores(self) -> Mapping[str, Store]:
        files = self.lookups.files
        return {
            "ingresses": Store(self._put_ingress, self._drop_ingress, self._ingresses.keys),
            "ingressclasses": Store(self._put_class, self._drop_class, self._classes.keys),
            "services": Store(self._put_service, self._drop_service, self._services.keys),
            "endpointslices": Store(self._put_slice, self._drop_slice, self._slices.keys),
            "configmaps": Store(self._put_configmap, self._drop_configmap, files.keys),
            "secrets": Store(self._secrets.put, self._secrets.drop, self._secrets.keys),
        }

    def _origin(self, kind: str, key: Key) -> Origin:
        return Origin(self._options.source, kind, *key)

    def _use_default_certificate(self, word: str) -> None:
        namespace, _, name = word.partition("/")
        use = CertificateUse((namespace, name), (DEFAULT, ""))
        self._certificates.use(self._origin("settings", ("", "default-certificate")), (use,), LAST)

    # --- what is in force from an earlier life

    def _restore(self, origin: Origin, backends: frozenset[BackendKey]) -> None:
        """Keep the servers of an object up to date, also if its newest version turns out to be flawed."""
        self._said.restore(origin)
        self._last_good[origin] = backends
        self._moved.update((backend, None) for backend in self._references.make(origin, backends))

    def _reconsider_restored(self) -> None:
        decided = self._restored.decide(self.unread)
        self._changed.update((origin, None) for origin in decided)
        self._moved.update((backend, None) for backend in self._restored.release())

    # --- objects come and go

    def _put_ingress(self, obj: IngressObject) -> None:
        key = (obj.metadata.namespace, obj.metadata.name)
        origin = self._origin("ingress", key)
        self._restored.heard(origin)
        self._ingresses[key] = obj
        self._changed[origin] = None

    def _drop_ingress(self, key: Key) -> None:
        origin = self._origin("ingress", key)
        if self._restored.heard(origin) or key in self._ingresses:
            self._ingresses.pop(key, None)
            self._changed[origin] = None

    def _put_configmap(self, obj: ConfigMapObject) -> None:
        self.lookups.files.put(obj)
        self._configmap_changed((obj.metadata.namespace, obj.metadata.name))

    def _drop_configmap(self, key: Key) -> None:
        self.lookups.files.drop(key)
        self._configmap_changed(key)

    def _configmap_changed(self, key: Key) -> None:
        if key in self._platforms.known:
            self._changed[self._origin(PLATFORM, key)] = None

    def _put_class(self, obj: IngressClassObject) -> None:
        self._change_classes(obj.metadata.name, lambda: self._classes.put(obj))

    def _drop_class(self, key: Key) -> None:
        self._change_classes(key[1], lambda: self._classes.drop(key[1]))

    def _change_classes(self, name: str, change: Callable[[], bool]) -> None:
        """Look again at all that a change of a class makes a difference to."""
        platforms = self._platforms.known
        if change():
            platforms |= self._platforms.known
            self._changed[self._origin("ingressclass", ("", name))] = None
            self._changed.update((self._origin(PLATFORM, key), None) for key in platforms)
            self._changed.update((self._origin("ingress", key), None) for key in self._ingresses)

    def _put_service(self, obj: ServiceObject) -> None:
        key = (obj.metadata.namespace, obj.metadata.name)
        origin = self._origin("service", key)
        self._restored.heard(origin)
        service = read_service(obj, origin, self._options)
        before = self._services.get(key)
        if service == before:
            return
        self._services[key] = service
        self._service_changed(origin, key, looks_the_same=service.serves_as(before))

    def _drop_service(self, key: Key) -> None:
        origin = self._origin("service", key)
        if self._restored.heard(origin) or key in self._services:
            self._services.pop(key, None)
            self._service_changed(origin, key, looks_the_same=False)

    def _service_changed(self, origin: Origin, key: Key, *, looks_the_same: bool) -> None:
        self._changed[origin] = None
        self._moved.update((backend, None) for backend in self._references.backends(key))
        if not looks_the_same:
            self._changed.update((owner, None) for owner in self._references.owners(key))

    def _put_slice(self, obj: EndpointSliceObject) -> None:
        piece = shorten(obj, allow_local=self._options.allow_loopback)
        key = (obj.metadata.namespace, piece.name)
        services = self._slices.put(key[0], piece)
        self._endpoints_changed(services, key)
        if services and obj.metadata.annotations:
            self._meter.heard(obj.metadata.annotations.cause)

    def _drop_slice(self, key: Key) -> None:
        self._endpoints_changed(self._slices.drop(key), key)

    def _endpoints_changed(self, services: Collection[Key], key: Key) -> None:
        for service in services:
            self._moved.update((backend, None) for backend in self._references.backends(service))
        if services:
            self._changed[self._origin("endpointslice", key)] = None

    # --- what they ask for is said

    def _say(self, origin: Origin) -> None:
        if origin in self._restored:
            return
        asked = self._ask(origin)
        if self.lookups.waits(origin, asked.files):
            self._waiting[origin] = None
            return
        self._look_into(origin, asked)
        if origin.kind == "service" and asked.files:
            key = (origin.namespace, origin.name)
            self._moved.update((backend, None) for backend in self._references.backends(key))
        self._be_guarded(origin, asked)
        self._join(origin, asked)
        self._refer(origin, asked)
        self._certificates.use(origin, asked.certificates, asked.translation.created)
        self._said.put(origin, None if asked is SILENCE else asked.translation)

    def _look_into(self, origin: Origin, asked: Asked) -> None:
        """Have the files there that the object looks into, and those of the version that stays."""
        files = asked.files
        if asked.translation.flawed:
            files = tuple(dict.fromkeys((*files, *self.lookups.used_by(origin))))
        self.lookups.use(origin, files)

    def _be_guarded(self, origin: Origin, asked: Asked) -> None:
        """Have the authorities there that the object names, and those of the version that stays."""
        authorities = asked.authorities
        if asked.translation.flawed:
            authorities |= self._authorities.used_by(origin)
        self._authorities.use(origin, authorities)

    def _join(self, origin: Origin, asked: Asked) -> None:
        """Keep the pool that an Ingress wishes; that of the version that stays, if its newest is flawed."""
        if origin.kind != "ingress" or asked.translation.flawed:
            return
        if not self._backends.join((origin.namespace, origin.name), asked.pool):
            return
        for backend in self._references.made_by(origin):
            if backend.ingress:
                self._tell(backend)

    def _refer(self, origin: Origin, asked: Asked) -> None:
        """Keep what the object refers to now, and the backends of the version that stays in force."""
        backends = asked.backends
        if asked.translation.flawed:
            backends |= self._last_good.get(origin, frozenset())
        elif backends:
            self._last_good[origin] = backends
        else:
            self._last_good.pop(origin, None)
        for backend in self._references.make(origin, backends):
            if backend not in backends:
                self._leaving[backend] = None
            elif backend not in self._backends:
                self._backends.put(backend)

    def _ask(self, origin: Origin) -> Asked:
        key = (origin.namespace, origin.name)
        match origin.kind:
            case "ingress":
                return self._ask_ingress(origin, key)
            case "service":
                service = self._services.get(key)
                return translate_tcp(service, origin, self._around) if service else SILENCE
            case "endpointslice":
                return self._ask_slice(origin, key)
            case "ingressclass":
                return self._platforms.translate_class(origin)
            case "platform":
                return self._platforms.translate(self.lookups.files.data(key), origin, self.lookups.flaw)
            case "settings" if self._options.default_backend:
                return translate_default(self._options.default_backend, origin, self._around)
            case _:
                return SILENCE

    def _ask_ingress(self, origin: Origin, key: Key) -> Asked:
        obj = self._ingresses.get(key)
        if obj is None or not self._classes.serves(obj):
            return SILENCE
        return translate_ingress(obj, origin, self._around, self._platforms.of(obj))

    def _ask_slice(self, origin: Origin, key: Key) -> Asked:
        piece = self._slices.find(key)
        if piece is None or not piece.refused:
            return SILENCE
        problems = tuple(Problem(origin, "endpoints", reason) for reason in piece.refused[:_MOST_REFUSED])
        return Asked(Translation(problems=problems))

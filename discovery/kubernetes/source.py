"""A Kubernetes API server as a source."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from discovery.kubernetes.api import Api
from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.credentials import Credentials
from discovery.kubernetes.feed import ClusterFeed
from discovery.kubernetes.mirror import Mirror
from discovery.kubernetes.objects import KINDS
from discovery.kubernetes.reflection import Features, Reflection
from discovery.kubernetes.reflector import Reflector
from discovery.kubernetes.secret_watches import SecretWatches
from discovery.kubernetes.standing import OPTIONAL, standing
from discovery.kubernetes.timings import Timings
from discovery.source import NOTHING_UNREAD, Sink, SourceStatus, Unread
from discovery.trouble_log import TroubleLog

_LOG: Final = logging.getLogger(__name__)
ESSENTIAL: Final = ("ingresses", "services", "endpointslices")
ALL: Final = ""
"""In place of a namespace: all of them."""

MakeCluster = Callable[[Sink], Cluster]
Chance = tuple[Callable[[], float], Callable[[], float]]
"""A clock in seconds since the epoch, and dice."""


class KubernetesOptions(Struct, frozen=True):
    """Which API server is watched, and how."""

    name: str
    """The name of the source."""
    credentials: Credentials
    namespaces: tuple[str, ...] = ()
    """Empty: all."""
    timings: Timings = Timings()


class KubernetesSource:
    """Watches one cluster and tells a sink what its objects ask for."""

    def __init__(
        self,
        options: KubernetesOptions,
        make_cluster: MakeCluster,
        clock: Callable[[], float],
        dice: Callable[[], float],
    ) -> None:
        """`clock` gives seconds since the epoch, `dice` numbers from 0 to 1."""
        self.name = options.name
        self._options = options
        self._make_cluster = make_cluster
        self._clock = clock
        self._dice = dice

    async def run(self, sink: Sink) -> None:
        """Watch, and tell the sink, until cancelled."""
        timings = self._options.timings
        api = Api(self._options.credentials, timings, asyncio.get_running_loop().time)
        session = Session(self._options, api, self._make_cluster(sink), sink, (self._clock, self._dice))
        try:
            async with asyncio.TaskGroup() as tasks:
                for path, reflector in session.reflectors.items():
                    tasks.create_task(reflector.run(), name=path)
                while True:
                    session.report()
                    await asyncio.sleep(timings.report)
                    session.review()
        finally:
            await session.stop()
            await api.close()


class Session:
    """The watches of one run, and how far they have come."""

    def __init__(
        self, options: KubernetesOptions, api: Api, cluster: Cluster, sink: Sink, chance: Chance
    ) -> None:
        self._options = options
        self._api = api
        self._cluster = cluster
        self._sink = sink
        self._clock, self._dice = chance
        self._features = Features()
        self._troubles = TroubleLog(options.name)
        self._feed = ClusterFeed(options.name, cluster, sink)
        self._complete = False
        """Enough has been read to say something of it."""
        self._synced = False
        self._unread = NOTHING_UNREAD
        self._silent = dict.fromkeys(self._namespaces)
        """Namespaces of which not all is known."""
        self._turn: asyncio.Handle | None = None
        self._told = SourceStatus(options.name, standing(options.name, {}, False, 0.0).state)
        self.secrets = SecretWatches(self._secret_watch, self._feed, everywhere=not options.namespaces)
        self.configmaps = SecretWatches(
            self._configmap_watch,
            self._feed,
            everywhere=not options.namespaces,
            kind="configmaps",
            crowd="",
        )
        watches = {"secrets": self.secrets, "configmaps": self.configmaps}
        cluster.lookups.awaited = lambda kind, key: not watches[kind].has_read(key)
        self._parts = self._essential_and_optional()

    @property
    def reflectors(self) -> dict[str, Reflector]:
        """Those that run from beginning to end, by the name of their part."""
        return self._parts

    def settle(self) -> None:
        """Tell the sink what is new, if enough is known to say anything; what takes long, in stretches."""
        if not self._complete and not self._enough():
            return
        self._complete = True
        self._cluster.unread = self._find_unread()
        if self._flush():
            self.secrets.want(self._cluster.wanted_secrets(), self._cluster.wanted_userlists())
            self.configmaps.want(self._cluster.wanted_configmaps())
            self._announce()

    async def stop(self) -> None:
        """End all that was started; what was told stays."""
        if self._turn is not None:
            self._turn.cancel()
        await self.secrets.stop()
        await self.configmaps.stop()

    def review(self) -> None:
        """What time alone changes."""
        self.secrets.review()
        self.configmaps.review()
        self.settle()

    def report(self) -> None:
        """Tell the sink how the source is, if that is not what it was told last."""
        everyone = [*self._parts.values(), *self.secrets.reflectors, *self.configmaps.reflectors]
        contact = self._clock() if any(each.contact for each in everyone) else self._told.last_contact
        for reflector in everyone:
            reflector.contact = False
        status = self._standing(contact)
        if status != self._told:
            self._told = status
            self._sink.status(status)

    def _flush(self) -> bool:
        """Whether the sink knows all that is new. The rest follows when others have had their turn, or
        after a fault the next time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._options.timings.stretch
        try:
            for _ in self._cluster.steps():
                if loop.time() >= until:
                    self._turn = self._turn or loop.call_soon(self._go_on)
                    return False
        except Exception:
            # A fault of ours in translating one object must not end the discovery of all others.
            _LOG.exception("%s: internal error", self._options.name)
            return False
        return True

    def _go_on(self) -> None:
        self._turn = None
        self.settle()

    def _announce(self) -> None:
        """Say that everything has been said, once that is so; and again when something else is unread."""
        if self._synced and self._unread == self._cluster.unread:
            return
        if not self._synced and not (self.secrets.settled and self.configmaps.settled):
            return
        self._synced, self._unread = True, self._cluster.unread
        # Before anybody hears that it has synced, lest it seems to be ready and starting at once.
        self.report()
        self._sink.synced(self._options.name, self._unread)

    def _find_unread(self) -> Unread:
        for namespace in [name for name in self._silent if self._is_read(name)]:
            del self._silent[namespace]
        return self._feed.unread(self._silent)

    def _is_read(self, namespace: str) -> bool:
        return all(self._parts[_part(kind, namespace)].reflection.synced for kind in ESSENTIAL)

    def _standing(self, contact: float) -> SourceStatus:
        parts = {name: [reflector.reflection] for name, reflector in self._parts.items()}
        secrets = [reflector.reflection for reflector in self.secrets.reflectors]
        if secrets:
            parts["secrets"] = secrets
        configmaps = [reflector.reflection for reflector in self.configmaps.reflectors]
        if configmaps:
            parts["configmaps"] = configmaps
        status = standing(self._options.name, parts, self._synced, contact)
        counts = {kind: dict(counter) for kind, counter in self._features.counts.items() if counter}
        return replace(status, lag=self._cluster.lag, counts=counts)

    def _enough(self) -> bool:
        """Every kind has been read once, but for those that a role leaves out.

        A namespace that is forbidden does not hold up the others. But as long as there is none of
        which all is known, silence is better: backends would seem to have no servers.
        """
        if not all(each.reflection.synced or each.reflection.refused for each in self._parts.values()):
            return False
        return any(map(self._is_read, self._namespaces))

    @property
    def _namespaces(self) -> tuple[str, ...]:
        return self._options.namespaces or (ALL,)

    def _essential_and_optional(self) -> dict[str, Reflector]:
        parts = {
            _part(kind, namespace): self._watch(kind, namespace, "", Mirror(kind, self._feed))
            for namespace in self._namespaces
            for kind in ESSENTIAL
        }
        parts[OPTIONAL] = self._watch(OPTIONAL, ALL, "", Mirror(OPTIONAL, self._feed))
        return parts

    def _secret_watch(self, namespace: str, selector: str, mirror: Mirror) -> Reflector:
        return self._watch("secrets", namespace, selector, mirror)

    def _configmap_watch(self, namespace: str, selector: str, mirror: Mirror) -> Reflector:
        return self._watch("configmaps", namespace, selector, mirror)

    def _watch(self, name: str, namespace: str, selector: str, mirror: Mirror) -> Reflector:
        kind, timings = KINDS[name], self._options.timings
        path = kind.path_in(namespace) if namespace else kind.path
        reflection = Reflection(kind, mirror, self._features, timings, self._dice, selector)
        return Reflector(self._api, path, reflection, self._troubles, self.settle)


def _part(kind: str, namespace: str) -> str:
    return f"{kind} in {namespace}" if namespace else kind

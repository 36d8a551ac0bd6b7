"""The way from reflectors to a cluster, and a place to say which objects cannot be read."""

import logging
from collections.abc import Collection
from typing import Final

from discovery.kubernetes.cluster import Cluster
from discovery.kubernetes.events import Key
from discovery.kubernetes.objects import KINDS, KubernetesObject
from discovery.source import NOTHING_UNREAD, Sink, Translation, Unread
from ingress.model.problem import Problem
from ingress.model.route import Origin

_LOG: Final = logging.getLogger(__name__)


class ClusterFeed:
    """Hands objects to a cluster, and problems with unreadable ones to its sink."""

    def __init__(self, source: str, cluster: Cluster, sink: Sink) -> None:
        self._source = source
        self._cluster = cluster
        self._sink = sink
        self._faulty: set[tuple[str, Key]] = set()
        """Objects on which the cluster failed."""
        self._unreadable: dict[Origin, None] = {}

    def put(self, kind: str, obj: KubernetesObject) -> None:
        """An object, new or in place of the one of that name."""
        key = obj.metadata.namespace, obj.metadata.name
        try:
            self._cluster.put(kind, obj)
        except Exception as error:
            # A fault of ours in reading one object must not end the discovery of all others.
            _LOG.exception("%s: internal error", self._origin(kind, key))
            self._faulty.add((kind, key))
            self.unreadable(kind, key, f"internal error: {error!r}")
        else:
            self._forgive(kind, key)

    def drop(self, kind: str, namespace: str, name: str) -> None:
        """An object is gone."""
        self._cluster.drop(kind, namespace, name)
        self._forgive(kind, (namespace, name))

    def unreadable(self, kind: str, key: Key, reason: str) -> None:
        """Say that an object cannot be read; the cluster keeps its last good version."""
        origin = self._origin(kind, key)
        self._unreadable[Origin(self._source, KINDS[kind].singular.lower(), *key)] = None
        problem = Problem(origin, "", f"cannot be read, so its last good version stays: {reason}")
        self._sink.put(origin, Translation(problems=(problem,)))

    def readable(self, kind: str, key: Key) -> None:
        """Take back what `unreadable` said."""
        self._unreadable.pop(Origin(self._source, KINDS[kind].singular.lower(), *key), None)
        self._sink.drop(self._origin(kind, key))

    def unread(self, namespaces: Collection[str]) -> Unread:
        """All that cannot be read, which is these namespaces and single objects."""
        if not self._unreadable and not namespaces:
            return NOTHING_UNREAD
        # Of a slice that cannot be read nobody knows whose endpoints are in it.
        slices = (origin.namespace for origin in self._unreadable if origin.kind == "endpointslice")
        return Unread(namespaces=frozenset((*namespaces, *slices)), objects=frozenset(self._unreadable))

    def _forgive(self, kind: str, key: Key) -> None:
        if (kind, key) in self._faulty:
            self._faulty.discard((kind, key))
            self.readable(kind, key)

    def _origin(self, kind: str, key: Key) -> Origin:
        # Not the origin of the object itself, whose contribution stays as it is.
        return Origin(self._source, f"unreadable {KINDS[kind].singular.lower()}", *key)

"""What one reflector has told the cluster: so that a relist becomes a difference, never clear-then-fill."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from discovery.kubernetes.events import Key, Put, Unreadable
from discovery.kubernetes.objects import KubernetesObject


class Feed(Protocol):
    """Where objects go: a cluster, with a place for those that cannot be read."""

    def put(self, kind: str, obj: KubernetesObject) -> None:
        """An object, new or in place of the one of that name."""

    def drop(self, kind: str, namespace: str, name: str) -> None:
        """An object is gone."""

    def unreadable(self, kind: str, key: Key, reason: str) -> None:
        """An object has changed into something that cannot be read: its last good version stays."""

    def readable(self, kind: str, key: Key) -> None:
        """An object that could not be read can be, or is gone."""


class Mirror:
    """The objects of one reflector, by key."""

    def __init__(self, kind: str, feed: Feed, known: Iterable[Key] = ()) -> None:
        """`known`: objects that another mirror told of, and that are this one's from now on."""
        self._kind = kind
        self._feed = feed
        self._known = set(known)
        self._unreadable: set[Key] = set()

    @property
    def keys(self) -> frozenset[Key]:
        """The objects that exist, whether they can be read or not."""
        return frozenset(self._known)

    def put(self, item: Put | Unreadable) -> None:
        """Hand on an object; one that cannot be read only reports that."""
        self._known.add(item.key)
        if isinstance(item, Unreadable):
            self._unreadable.add(item.key)
            self._feed.unreadable(self._kind, item.key, item.reason)
            return
        self._forgive(item.key)
        self._feed.put(self._kind, item.obj)

    def drop(self, key: Key) -> None:
        """Hand on that an object is gone."""
        self._known.discard(key)
        self._forgive(key)
        self._feed.drop(self._kind, *key)

    def replace(self, fresh: Mapping[Key, Put | Unreadable]) -> Iterator[None]:
        """Make it so that exactly these exist, first by what is there, then by what is gone.

        Yields after each object, for the caller to let others have their turn.
        """
        for item in fresh.values():
            self.put(item)
            yield
        for key in self._known - fresh.keys():
            self.drop(key)
            yield

    def retire(self) -> frozenset[Key]:
        """Give up all objects and what was reported of them; they are the caller's to hand on or drop."""
        for key in tuple(self._unreadable):
            self._forgive(key)
        return self.keys

    def _forgive(self, key: Key) -> None:
        if key in self._unreadable:
            self._unreadable.discard(key)
            self._feed.readable(self._kind, key)

"""What is done with the objects of one kind, as they come and go."""

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from discovery.kubernetes.key import Key


class Store(Struct, frozen=True):
    """The objects of a kind."""

    put: Callable[[Any], None]
    drop: Callable[[Key], None]
    known: Callable[[], Iterable[Key]]

    def replace(self, namespace: str | None, objects: Iterable[Any]) -> None:
        """All objects there are, in one namespace or (None) in all: the rest is gone."""
        gone = {key for key in self.known() if namespace is None or key[0] == namespace}
        for obj in objects:
            gone.discard((obj.metadata.namespace, obj.metadata.name))
            self.put(obj)
        for key in gone:
            self.drop(key)

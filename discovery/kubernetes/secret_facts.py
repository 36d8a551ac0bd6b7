"""What is read from the Secrets that objects name, told when one changes and when its time comes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from discovery.kubernetes.agenda import Agenda
from discovery.kubernetes.key import Key
from discovery.kubernetes.secret_store import FindSecret
from discovery.said import Said
from discovery.source import Sink
from ingress.model.route import Origin

_SHOWN: Final = 3
"""Users that a problem names."""


class SecretFacts(ABC):
    """Tells a sink what is in the Secrets in use, one after the other."""

    def __init__(
        self, source: str, sink: Sink, said: Said, find: FindSecret, now: Callable[[], float]
    ) -> None:
        self._source = source
        self._sink = sink
        self._said = said
        self._find = find
        self._now = now
        self._agenda: Agenda[Key] = Agenda()
        """When something is to be said of a Secret although it has not changed."""
        self._dirty: dict[Key, None] = {}

    def heard(self, key: Key) -> None:
        """A Secret has come, changed or gone."""
        self._dirty[key] = None

    def flush(self) -> Iterator[None]:
        """Tell what has changed, also by the passing of time, one after the other."""
        self._dirty.update((key, None) for key in self._agenda.due(self._now()))
        while self._dirty:
            key, _ = self._dirty.popitem()
            if self._is_used(key):
                self._tell(key)
            else:
                self._take_back(key)
            yield

    @abstractmethod
    def _is_used(self, key: Key) -> bool:
        """Whether an object names it."""

    @abstractmethod
    def _tell(self, key: Key) -> None:
        """Say what is in it now."""

    @abstractmethod
    def _take_back(self, key: Key) -> None:
        """Say that nobody names it any more."""


def in_words(users: Iterable[Origin]) -> str:
    """Some of the objects, and how many more there are."""
    names = sorted(map(str, users))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"

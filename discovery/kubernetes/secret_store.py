"""The Secrets that have been read, and who hears of a change."""

from collections.abc import Callable, Iterable

from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import SecretObject

FindSecret = Callable[[Key], SecretObject | None]


class SecretStore:
    """Secrets by namespace and name, in use or not."""

    def __init__(self) -> None:
        self._secrets: dict[Key, SecretObject] = {}
        self.hearers: tuple[Callable[[Key], None], ...] = ()
        """Each is told the key of a Secret that has come, changed or gone."""

    def keys(self) -> Iterable[Key]:
        """The Secrets there are."""
        return self._secrets.keys()

    def get(self, key: Key) -> SecretObject | None:
        """The Secret of that key."""
        return self._secrets.get(key)

    def put(self, obj: SecretObject) -> None:
        """A Secret, new or in place of the one of that name."""
        key = (obj.metadata.namespace, obj.metadata.name)
        self._secrets[key] = obj
        self._tell(key)

    def drop(self, key: Key) -> None:
        """A Secret is gone."""
        if self._secrets.pop(key, None) is not None:
            self._tell(key)

    def _tell(self, key: Key) -> None:
        for hear in self.hearers:
            hear(key)

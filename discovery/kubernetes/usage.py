"""Who uses which Secrets."""

from collections.abc import Iterable

from discovery.kubernetes.key import Key
from ingress.model.route import Origin


class Usage:
    """The Secrets that objects name, and the objects that name a Secret."""

    def __init__(self) -> None:
        self._uses: dict[Origin, frozenset[Key]] = {}
        self._users: dict[Key, dict[Origin, None]] = {}

    def __contains__(self, key: Key) -> bool:
        """Whether anybody names it."""
        return key in self._users

    @property
    def keys(self) -> frozenset[Key]:
        """The Secrets that are named."""
        return frozenset(self._users)

    def of(self, origin: Origin) -> frozenset[Key]:
        """The Secrets that an object names."""
        return self._uses.get(origin, frozenset())

    def users(self, key: Key) -> tuple[Origin, ...]:
        """The objects that name it."""
        return tuple(self._users[key])

    def put(self, origin: Origin, keys: Iterable[Key]) -> frozenset[Key]:
        """An object names these and no others; gives those that it has begun or ceased to name."""
        before, now = self._uses.pop(origin, frozenset()), frozenset(keys)
        if now:
            self._uses[origin] = now
        for key in now - before:
            self._users.setdefault(key, {})[origin] = None
        for key in before - now:
            del self._users[key][origin]
            if not self._users[key]:
                del self._users[key]
        return before ^ now

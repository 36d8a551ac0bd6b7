"""Secrets that are wanted, and no others: one small watch for each name, or one for a crowd of them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from discovery.kubernetes.events import Key
from discovery.kubernetes.mirror import Feed, Mirror
from discovery.kubernetes.reflector import Reflector

FEW: Final = 50
"""Secrets of one namespace that are watched by name."""
MANY: Final = 200
"""Watches after which there is one for all namespaces, where all may be read."""
_CROWD: Final = ""
"""In place of a name: all TLS Secrets of the namespace."""
_EVERYONE: Final = ("", _CROWD)

Watch = Callable[[str, str, Mirror], Reflector]
"""Makes a reflector for a namespace and a field selector."""


class SecretWatches:
    """Runs the reflectors of the Secrets that are wanted."""

    def __init__(
        self,
        watch: Watch,
        feed: Feed,
        *,
        everywhere: bool,
        kind: str = "secrets",
        crowd: str = "type=kubernetes.io/tls",
    ) -> None:
        """`everywhere`: objects of all namespaces may be asked for at once. `crowd`: what selects those
        that are watched as one."""
        self._kind = kind
        self._selector = crowd
        self._watch = watch
        self._everywhere = everywhere
        self._feed = feed
        self._wanted: frozenset[Key] = frozenset()
        self._singly: frozenset[Key] = frozenset()
        self._running: dict[Key, tuple[Reflector, asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._by_name_only: set[Key] = set()
        """Crowds that the role does not allow to watch as one."""

    @property
    def reflectors(self) -> Iterator[Reflector]:
        """Those that run now."""
        return (reflector for reflector, _ in self._running.values())

    @property
    def settled(self) -> bool:
        """Each Secret that is wanted has been read, or is refused."""
        return all(each.reflection.synced or each.reflection.refused for each in self.reflectors)

    def has_read(self, key: Key) -> bool:
        """Whether an object has been read, or is known not to be there, or not to be ours to read."""
        watches = (self._running.get(each) for each in (key, (key[0], _CROWD), _EVERYONE))
        reflections = (watch[0].reflection for watch in watches if watch is not None)
        return any(each.synced or bool(each.refused) for each in reflections)

    def want(self, wanted: frozenset[Key], singly: frozenset[Key] = frozenset()) -> None:
        """Watch these from now on; `singly` are those that no crowd has in it, each by its name."""
        if (wanted, singly) != (self._wanted, self._singly):
            self._wanted, self._singly = wanted, singly
            self.review()

    def review(self) -> None:
        """Start and stop watches, so that each wanted Secret is watched in the cheapest way there is."""
        target = self._target() | self._singly
        orphans = [self._stop(key) for key in tuple(self._running) if key not in target]
        inherited = _by_watch(frozenset().union(*orphans), target)
        for key in sorted(target - self._running.keys()):
            self._start(key, inherited.pop(key, ()))
        self._drop(frozenset().union(*orphans))

    async def stop(self) -> None:
        """End all watches; what they read stays."""
        for key in tuple(self._running):
            self._stop(key)
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _target(self) -> set[Key]:
        names: defaultdict[str, list[Key]] = defaultdict(list)
        for key in sorted(self._wanted):
            names[key[0]].append(key)
        target: set[Key] = set()
        for namespace, keys in names.items():
            target.update(keys if len(keys) <= FEW else self._together((namespace, _CROWD), keys))
        if not self._everywhere or len(target) <= MANY or _EVERYONE in self._by_name_only:
            return target
        return set(self._together(_EVERYONE, sorted(self._wanted)))

    def _together(self, crowd: Key, keys: list[Key]) -> list[Key]:
        """One watch for all the keys, and some for those that it does not find."""
        reflection = self._running[crowd][0].reflection if crowd in self._running else None
        if reflection is not None and reflection.refused:
            self._by_name_only.add(crowd)
        if crowd in self._by_name_only:
            return keys
        if reflection is None or not reflection.synced:
            return [crowd]
        # A Secret of another type may hold a certificate too.
        present = reflection.mirror.keys
        missing = [key for key in keys if key not in present]
        return [crowd, *missing[:FEW]]

    def _start(self, key: Key, known: Iterable[Key]) -> None:
        namespace, name = key
        selector = f"metadata.name={name}" if name else self._selector
        reflector = self._watch(namespace, selector, Mirror(self._kind, self._feed, known))
        task = asyncio.create_task(reflector.run(), name=f"{self._kind} {namespace}/{name or '*'}")
        self._running[key] = reflector, task

    def _stop(self, key: Key) -> frozenset[Key]:
        reflector, task = self._running.pop(key)
        task.cancel()
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return reflector.reflection.mirror.retire()

    def _drop(self, orphans: frozenset[Key]) -> None:
        if not orphans:
            return
        seen = frozenset[Key]().union(*(each.reflection.mirror.keys for each in self.reflectors))
        for orphan in orphans - seen:
            self._feed.drop(self._kind, *orphan)


def _by_watch(keys: Iterable[Key], target: set[Key]) -> dict[Key, list[Key]]:
    """Which watch answers from now on for objects whose own has ended."""
    heirs: dict[Key, list[Key]] = {}
    for key in keys:
        for heir in (key, (key[0], _CROWD), _EVERYONE):
            if heir in target:
                heirs.setdefault(heir, []).append(key)
                break
    return heirs

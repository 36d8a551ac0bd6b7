"""The backends: what sources say of them, and which of them are still in use."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from discovery.assemble.contribution import hold
from discovery.assemble.ledger import Ledger
from discovery.source import Translation
from ingress.model.backend import Backend
from ingress.model.problem import Problem

_HELD = "; the settings it had last stay in force"


class Known(Struct, frozen=True, gc=False):
    """A backend as it is in force, and whether its settings were without a flaw when they were read."""

    source: str
    backend: Backend
    good: bool
    problems: tuple[Problem, ...] = ()


class Backends:
    """All backends by name.

    A backend that its source drops stays, with the servers it had last, for as long as a route in
    force uses it: the last good version of a flawed object is worth nothing without its servers.
    """

    def __init__(self) -> None:
        self.ledger: Ledger[str, Backend] = Ledger(self._in_force)
        self.known: dict[str, Known] = {}
        self._uses: dict[str, int] = {}
        self._dropped: set[str] = set()
        self._flawed: dict[str, None] = {}

    def put(self, known: Known) -> bool:
        """A backend, new or in place of the one of that name; says whether anything is new."""
        name = known.backend.name
        previous = self.known.get(name)
        known = _succeed(previous, known)
        self._dropped.discard(name)
        self._note_problems(known)
        if known == previous:
            return False
        self.known[name] = known
        self.ledger.touch(name)
        return True

    def drop(self, name: str) -> None:
        """The source does not have the backend any more."""
        if name not in self.known:
            return
        self._flawed.pop(name, None)
        if self._uses.get(name):
            self._dropped.add(name)
            return
        self._forget(name)

    def use(self, names: Iterable[str]) -> None:
        """Something in force refers to these backends."""
        for name in names:
            self._uses[name] = self._uses.get(name, 0) + 1

    def release(self, names: Iterable[str]) -> None:
        """Something that referred to these backends is not in force any more."""
        for name in names:
            left = self._uses[name] - 1
            if left:
                self._uses[name] = left
                continue
            del self._uses[name]
            if name in self._dropped:
                self._forget(name)

    def names(self, source: str) -> tuple[str, ...]:
        """The backends of a source, without those that it has dropped."""
        return tuple(
            name for name, known in self.known.items() if known.source == source and name not in self._dropped
        )

    def problems(self) -> Iterator[Problem]:
        """What of the settings of backends could not be honoured."""
        for name in self._flawed:
            yield from self.known[name].problems

    def _note_problems(self, known: Known) -> None:
        if known.problems:
            self._flawed[known.backend.name] = None
        else:
            self._flawed.pop(known.backend.name, None)

    def _forget(self, name: str) -> None:
        del self.known[name]
        self._dropped.discard(name)
        self.ledger.touch(name)

    def _in_force(self, name: str) -> Backend | None:
        known = self.known.get(name)
        return known.backend if known else None


def used_by(translation: Translation) -> Iterator[str]:
    """The names of the backends that a translation refers to, each as often as it does."""
    for claim in translation.claims:
        yield claim.route.backend
        for rule in claim.route.policy.backends:
            yield rule.backend
    for listener in translation.listeners:
        yield listener.backend


def _succeed(previous: Known | None, new: Known) -> Known:
    if new.good or previous is None or not previous.good:
        return new
    backend = replace(new.backend, settings=previous.backend.settings)
    return Known(new.source, backend, good=True, problems=hold(new.problems, _HELD))

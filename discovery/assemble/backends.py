"""The backends: what sources say of them, and which of them are still in use."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from discovery.assemble.blend import blend
from discovery.assemble.contribution import hold
from discovery.assemble.ledger import Ledger
from discovery.pool import CLUSTER, Pool
from discovery.shift.shifts import Pooled
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
    pool: Pool | None = None


class Backends:
    """All backends by name.

    A backend that its source drops stays, with the servers it had last, for as long as a route in
    force uses it: the last good version of a flawed object is worth nothing without its servers.
    """

    def __init__(self, zone: str = "") -> None:
        """`zone`: where this instance runs; empty: unknown."""
        self.ledger: Ledger[str, Backend] = Ledger(self._in_force)
        self.guards_changed: Callable[[], None] = lambda: None
        """Hears when the rules of a backend may keep requests out that they could not before, or the other
        way round."""
        self._zone = zone
        self._joined: dict[str, dict[str, None]] = {}
        """By the name of a backend, those that its servers are joined to."""
        self._shares: dict[str, int] = {}
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
        if previous is None or previous.pool != known.pool:
            self._join(name, previous.pool if previous else None, known.pool)
        guarded = self.may_refuse(name)
        self.known[name] = known
        self._touch(name)
        if guarded != self.may_refuse(name):
            self.guards_changed()
        return True

    def may_refuse(self, name: str) -> bool:
        """Whether a backend has rules that may keep requests out."""
        known = self.known.get(name)
        return known is not None and known.backend.policy.may_refuse

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

    def missing(self, has_synced: Callable[[str], bool]) -> Iterator[Problem]:
        """The pools whose other backend is not there, though its source has said everything."""
        for name in self._joined:
            if name not in self.known and has_synced(name.partition(":")[0]):
                yield from (_missing(pool, name) for pool in self._pools_with(name))

    def shifting(self) -> Iterator[Pooled]:
        """The backends whose requests are to be shifted, in the order of their names."""
        owners = {owner: None for joined in self._joined.values() for owner in joined}
        for name in sorted(owners):
            pool = self.known[name].pool
            if pool and pool.ramp and (backend := self._in_force(name)):
                yield Pooled(backend, pool, pool.ramp)

    def set_share(self, name: str, share: int) -> bool:
        """Give Kubernetes this share of the requests that are shifted; whether that is anything new."""
        if self._shares.get(name) == share:
            return False
        self._shares[name] = share
        self.ledger.touch(name)
        return True

    def _join(self, name: str, before: Pool | None, now: Pool | None) -> None:
        for member in _members(before):
            del self._joined[member][name]
            if not self._joined[member]:
                del self._joined[member]
        for member in _members(now):
            self._joined.setdefault(member, {})[name] = None

    def _pools_with(self, member: str) -> Iterator[Pool]:
        for owner in self._joined.get(member, ()):
            pool = self.known[owner].pool
            if pool and pool.other == member:
                yield pool

    def _touch(self, name: str) -> None:
        self.ledger.touch(name)
        for owner in self._joined.get(name, ()):
            self.ledger.touch(owner)

    def _note_problems(self, known: Known) -> None:
        if known.problems:
            self._flawed[known.backend.name] = None
        else:
            self._flawed.pop(known.backend.name, None)

    def _forget(self, name: str) -> None:
        gone = self.known.pop(name)
        self._join(name, gone.pool, None)
        if gone.backend.policy.may_refuse:
            self.guards_changed()
        self._dropped.discard(name)
        self._shares.pop(name, None)
        self._touch(name)

    def _in_force(self, name: str) -> Backend | None:
        known = self.known.get(name)
        if known is None or known.pool is None:
            return known.backend if known else None
        pool = known.pool
        if pool.hidden:
            return None
        other = self.known.get(pool.other)
        share = self._shares.get(name, pool.ramp.start if pool.ramp else 0)
        return blend(known.backend, other.backend if other else None, pool, share, self._zone)


def used_by(translation: Translation) -> Iterator[str]:
    """The names of the backends that a translation refers to, each as often as it does."""
    for claim in translation.claims:
        yield claim.route.backend
        yield from claim.route.policy.named_backends
    for listener in translation.listeners:
        yield listener.backend
    for relayed in translation.tcp_routes:
        yield relayed.backend
    for platform in translation.platforms:
        yield from platform.policy.named_backends


def _succeed(previous: Known | None, new: Known) -> Known:
    if new.good or previous is None or not previous.good:
        return new
    # Rules that cannot be read close the backend: who would pass is not known.
    policy = new.backend.policy if new.backend.policy.closed else previous.backend.policy
    backend = replace(new.backend, settings=previous.backend.settings, policy=policy)
    return Known(new.source, backend, good=True, problems=hold(new.problems, _HELD), pool=previous.pool)


def _members(pool: Pool | None) -> Iterator[str]:
    return iter((pool.other,) if pool and pool.other else ())


def _missing(pool: Pool, name: str) -> Problem:
    source, _, service = name.partition(":")
    advice = (
        f"{source} has no service {service} with the tag enable=true"
        if pool.place == CLUSTER
        else f'{source} has no Service {service} with headgate.dev/consul-enable: "true", or it has several '
        "ports and none is named"
    )
    return Problem(pool.origin, pool.option, f"{advice}; requests go to the others alone", service)

"""Scopes: whose rules a request meets beside those of its route, put together when they change."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from ingress.balance.backend import BackendState
from ingress.filter.layers import Layers
from ingress.filter.reply import Reply
from ingress.filter.steps import Closed, Steps, compile_policy
from ingress.model.platform import EVERYWHERE, Platform, Scope
from ingress.model.policy import Policy
from ingress.model.route import Route

if TYPE_CHECKING:
    from ingress.proxy.exchange import Exchange
    from ingress.proxy.site import Target

NOTHING: Final = Policy()
UNKNOWN: Final = Closed()
"""For routes of a platform of which nothing is known: who would pass is not known either."""


class Scopes:
    """The platforms at work, and the targets that their rules are for."""

    def __init__(self) -> None:
        self.platforms: dict[str, Platform] = {}
        self.of_backends: dict[str, Policy] = {}
        """The rules of backends, where they have any."""
        self._steps: dict[str, Steps | None] = {}
        self.nowhere: Target | None = None
        """What requests meet that no route takes; None: nothing."""
        self._targets: dict[str, Sequence[Target]] = {}
        """By host."""

    @property
    def names(self) -> Iterable[str]:
        """The platforms there are."""
        return self.platforms

    @property
    def everywhere(self) -> tuple[Steps | None, Platform | None]:
        """What all requests meet first, and whose rules these are."""
        return self._steps.get(EVERYWHERE), self.platforms.get(EVERYWHERE)

    def put_platform(self, platform: Platform) -> None:
        """New rules: in force for all routes at once, none of which is compiled anew."""
        if self.platforms.get(platform.name) != platform:
            self.platforms[platform.name] = platform
            self._steps[platform.name] = compile_policy(platform.policy)
            self._put_together_all()

    def drop_platform(self, name: str) -> None:
        """Its rules are in force no more."""
        if self.platforms.pop(name, None) is not None:
            del self._steps[name]
            self._put_together_all()

    def put_backend(self, backend: BackendState, policy: Policy) -> bool:
        """The rules of a backend; says whether they are new."""
        if self.of_backends.get(backend.name, NOTHING) == policy:
            return False
        self.of_backends[backend.name] = policy
        backend.steps = compile_policy(policy)
        return True

    def drop_backend(self, name: str) -> None:
        """The backend is gone."""
        self.of_backends.pop(name, None)

    def put_targets(self, host: str, targets: Sequence["Target"]) -> None:
        """The routes of a host, in place of those it had."""
        self._targets[host] = targets
        self._put_together(targets, {})

    def drop_targets(self, host: str) -> None:
        """The host has no routes any more."""
        self._targets.pop(host, None)

    def _put_together_all(self) -> None:
        known: dict[tuple[str, int], Steps | None] = {}
        for targets in self._targets.values():
            self._put_together(targets, known)

    def _put_together(self, targets: Iterable["Target"], known: dict[tuple[str, int], Steps | None]) -> None:
        for target in targets:
            key = target.route.platform, id(target.own)
            if key not in known:
                known[key] = joined((*self._of(target.route), target.own))
            target.steps = known[key]
            target.inside = {}

    def _of(self, route: Route) -> Iterator[Steps | None]:
        yield self._steps.get(EVERYWHERE)
        if route.platform:
            yield self._steps.get(route.platform, UNKNOWN)

    def policies(self, route: Route) -> Iterator[tuple[Scope, Policy]]:
        """The rules that requests of a route meet before its own, the outermost first."""
        if EVERYWHERE in self.platforms:
            yield Scope.PLATFORM, self.platforms[EVERYWHERE].policy
        if route.platform:
            found = self.platforms.get(route.platform)
            yield Scope.CLASS, found.policy if found else Policy(closed="its platform is not there")


def joined(layers: Iterable[Steps | None], *, chosen: bool = False) -> Steps | None:
    """The steps of several scopes as one, the outermost first; None: there is nothing to do."""
    known = [steps for steps in layers if steps is not None]
    return Layers(known, chosen=chosen) if len(known) > 1 or (known and chosen) else next(iter(known), None)


def layers_of(steps: Steps | None) -> Sequence[Steps]:
    """The steps of each scope."""
    if isinstance(steps, Layers):
        return steps.layers
    return () if steps is None else (steps,)


def enter(exchange: "Exchange", backend: BackendState) -> Reply | None:
    """Ask the rules of the backend that was chosen; from here on its rules about answers hold too."""
    target = exchange.target
    assert target is not None
    inside = target.inside.get(backend.name)
    if inside is None or inside.own is not backend.steps:
        inside = target.inside[backend.name] = target.behind(backend)
    exchange.target = inside
    return inside.own.run(exchange.request, exchange.client) if inside.own is not None else None

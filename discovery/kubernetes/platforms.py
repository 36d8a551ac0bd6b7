"""Platforms: ConfigMaps with rules that are asked before those of the Ingresses of a class, or of all."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec.structs import replace

from discovery.dialects.headgate import read_keys
from discovery.kubernetes.classes import Classes
from discovery.kubernetes.key import Key
from discovery.kubernetes.objects import IngressObject
from discovery.kubernetes.rule_texts import Flaw, closed_by, flaws, read_own_rules
from discovery.kubernetes.translate import SILENCE, Asked
from discovery.source import Translation
from ingress.model.platform import EVERYWHERE, Platform
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

KIND: Final = "platform"
_HELD: Final = "; what it said last stays in force, or else the routes that it is for are closed"


def platform_name(source: str, key: Key) -> str:
    """The name by which routes refer to a ConfigMap."""
    return f"{source}:{key[0]}/{key[1]}"


class Platforms:
    """Which ConfigMaps are platforms, and of which routes."""

    def __init__(self, source: str, everywhere: str, classes: Classes) -> None:
        """`everywhere`: `NAMESPACE/NAME` of the one whose rules are for all routes; empty: there is none."""
        self._source = source
        namespace, _, name = everywhere.partition("/")
        self._everywhere = (namespace, name) if everywhere else None
        self._classes = classes

    @property
    def known(self) -> frozenset[Key]:
        """Namespace and name of each."""
        return frozenset(self._classes.parameters()) | ({self._everywhere} if self._everywhere else set())

    def names(self, key: Key) -> Iterator[str]:
        """The names that a ConfigMap has as a platform; none: it is not one."""
        if key == self._everywhere:
            yield EVERYWHERE
        if key in self._classes.parameters():
            yield platform_name(self._source, key)

    def of(self, ingress: IngressObject) -> str:
        """The name of the platform of an Ingress' class; empty: it has none."""
        key = self._classes.platform_of(ingress)
        return "" if key is None else platform_name(self._source, key)

    def translate_class(self, origin: Origin) -> Asked:
        """What is wrong with a class."""
        flaw = self._classes.flaw(origin.name)
        problems = (Problem(origin, "spec.parameters", flaw),) if flaw else ()
        return Asked(Translation(problems=problems)) if flaw else SILENCE

    def translate(self, data: Mapping[str, str] | None, origin: Origin, flaw: Flaw) -> Asked:
        """What a ConfigMap asks for; None: it is not there, or has not been read yet."""
        names = tuple(self.names((origin.namespace, origin.name)))
        if not names:
            return SILENCE
        if data is None:
            absent = (Problem(origin, "", "there is no such ConfigMap" + _HELD),)
            return Asked(_translation(names, origin, Policy(closed=str(absent[0])), absent))
        ruled = read_own_rules(read_keys(data, origin), origin)
        missing = flaws(ruled.policy, origin, flaw)
        # One that breaks must not close every route there is as long as it has a version that is whole.
        problems = [replace(each, closes=False) for each in (*ruled.problems, *missing)]
        policy = closed_by(ruled.policy, missing)
        uses = ruled.policy.files
        return Asked(_translation(names, origin, policy, tuple(problems)), ruled.backends, (), uses)


def _translation(
    names: tuple[str, ...], origin: Origin, policy: Policy, problems: tuple[Problem, ...]
) -> Translation:
    platforms = tuple(Platform(name, origin, policy) for name in names)
    return Translation((), (), problems, "", bool(problems), platforms)

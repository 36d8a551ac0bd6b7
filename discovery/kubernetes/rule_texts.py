"""The rules of an object of a cluster: what its options say, and what they look into."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from discovery.dialects.reading import Reading
from discovery.kubernetes.key import BackendKey, parse_backend
from discovery.kubernetes.pattern_files import file_name
from discovery.kubernetes.userlists import list_name
from discovery.policy import Resolve, read_policy
from ingress.acl.file_uses import Names
from ingress.model.patterns import FileUse
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

Flaw = Callable[[FileUse], str]
"""Why something cannot be looked into; empty: it can."""


class Ruled(NamedTuple):
    """The rules of an object, with the backends that they ask about."""

    policy: Policy
    problems: tuple[Problem, ...]
    backends: frozenset[BackendKey] = frozenset()


def read_rules(
    reading: Reading, origin: Origin, resolve: Resolve, find: Resolve | None = None
) -> tuple[Policy, tuple[Problem, ...]]:
    """What the options of an object say, with the full names of what it looks into, and of Services of any
    namespace that it asks."""
    place = origin.source, origin.namespace
    names = Names(partial(file_name, *place), partial(list_name, *place))
    return read_policy(reading, origin, resolve, names, find)


def read_own_rules(reading: Reading, origin: Origin) -> Ruled:
    """The same for an object that sends requests nowhere, but may ask about backends of its namespace."""
    backends: set[BackendKey] = set()

    def resolve(word: str) -> str:
        backend = parse_backend(word, origin.namespace)
        if backend.namespace != origin.namespace:
            raise ValueError(f'"{word}" is in another namespace; name a Service of this one')
        backends.add(backend)
        return backend.name(origin.source)

    policy, problems = read_rules(reading, origin, resolve)
    return Ruled(policy, problems, frozenset(backends) if policy.named_backends else frozenset())


def flaws(policy: Policy, origin: Origin, flaw: Flaw) -> list[Problem]:
    """What of all that the rules look into cannot be: who would pass is not known."""
    reasons = dict.fromkeys(filter(None, map(flaw, policy.files)))
    return [
        Problem(origin, "", f"rules look into what cannot be read: {reason}", "", True) for reason in reasons
    ]


def closed_by(policy: Policy, problems: list[Problem]) -> Policy:
    """The policy, or one that lets nobody in where there are such problems."""
    return Policy(closed=str(problems[-1])) if problems else policy

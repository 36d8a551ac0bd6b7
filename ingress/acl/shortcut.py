"""SHORTCUTS: the commonest tests as one call each, where the general form takes three."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ingress.acl.network import contains
from ingress.acl.sample import Predicate
from ingress.model.condition import Match


def _path_equals(patterns: Sequence[bytes]) -> Predicate:
    paths = frozenset(pattern for pattern in patterns if pattern.startswith(b"/"))
    return lambda request, client: request.path in paths


def _path_begins(patterns: Sequence[bytes]) -> Predicate:
    # What begins with such a pattern is a path; only then is there nothing else to ask.
    beginnings = tuple(pattern for pattern in patterns if pattern.startswith(b"/"))
    return lambda request, client: request.path.startswith(beginnings)


def _method_is(patterns: Sequence[bytes]) -> Predicate:
    methods = frozenset(patterns)
    return lambda request, client: request.method in methods


def _version_is(patterns: Sequence[bytes]) -> Predicate:
    minors = frozenset(minor for minor in (0, 1) if b"1.%d" % minor in patterns)
    return lambda request, client: request.minor in minors


def _source_in(patterns: Sequence[Any]) -> Predicate:
    inside = contains(patterns)
    return lambda request, client: inside(client.address)


SHORTCUTS: Final[Mapping[tuple[str, Match], Callable[[Sequence[Any]], Predicate]]] = {
    ("path", Match.STR): _path_equals,
    ("path", Match.BEG): _path_begins,
    ("method", Match.METHOD): _method_is,
    ("req.ver", Match.STR): _version_is,
    ("src", Match.IP): _source_in,
}
"""By fetch and match, for tests without converters and without `-i`."""

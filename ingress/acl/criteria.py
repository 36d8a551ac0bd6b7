"""CRITERIA: the first words a test may begin with, made from the fetches and the suffixes of matches."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ingress.acl.fetch import Fetch
from ingress.acl.fetches import FETCHES
from ingress.acl.matches import DEFAULT_MATCH, SUFFIXES
from ingress.model.condition import Match


class CriterionName(NamedTuple):
    """What the first word of a test stands for: `path_beg` is `path` compared by `beg`."""

    fetch: Fetch
    match: Match | None
    """None: none is implied, and `-m` has to say it."""
    suffix: str = ""


def _names() -> Iterator[tuple[str, CriterionName]]:
    for name, fetch in FETCHES.items():
        yield name, CriterionName(fetch, DEFAULT_MATCH.get(fetch.gives) if fetch.implies else None)
        if fetch.suffixes and name == fetch.name:
            for match in SUFFIXES:
                yield f"{name}_{match}", CriterionName(fetch, match, f"_{match}")


CRITERIA: Final[Mapping[str, CriterionName]] = dict(_names())

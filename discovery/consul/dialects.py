"""DIALECTS: whose tags are read beside our own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from msgspec import Struct

from discovery.consul.fabio import FabioTable
from discovery.consul.tag_table import TagOptions, TagTable
from discovery.consul.traefik import TraefikTable
from discovery.dialects import fabio, traefik
from discovery.source import Sink


class Dialect(Struct, frozen=True):
    """The tags of one product."""

    prefix: str
    """What its tags begin with."""
    make: Callable[[TagOptions, Sink], TagTable]


DIALECTS: Final[Mapping[str, Dialect]] = {
    "fabio": Dialect(fabio.PREFIX, FabioTable),
    "traefik": Dialect(traefik.PREFIX, TraefikTable),
}


def prefixes(dialects: Iterable[str]) -> tuple[str, ...]:
    """What the tags of these dialects begin with."""
    return tuple(DIALECTS[name].prefix for name in dialects)

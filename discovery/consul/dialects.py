"""DIALECTS: whose tags are read beside our own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct

from discovery.consul.fabio import FabioTable
from discovery.consul.instance import Instance
from discovery.dialects import fabio
from discovery.source import Sink
from ingress.model.backend import BackendSettings


class TagTable(Protocol):
    """The routes that the tags of one dialect ask for, told to a sink."""

    def put(self, service: str, instances: Sequence[Instance]) -> None:
        """The instances of a service; none: what they said holds until the service is dropped."""

    def drop(self, service: str) -> None:
        """The service is not there any more."""

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""


class Dialect(Struct, frozen=True):
    """The tags of one product."""

    prefix: str
    """What its tags begin with."""
    make: Callable[[str, str, BackendSettings, Sink], TagTable]
    """From the name of the source, its namespace, and the settings of backends that do not say."""


DIALECTS: Final[Mapping[str, Dialect]] = {"fabio": Dialect(fabio.PREFIX, FabioTable)}


def prefixes(dialects: Iterable[str]) -> tuple[str, ...]:
    """What the tags of these dialects begin with."""
    return tuple(DIALECTS[name].prefix for name in dialects)

"""The interface of tables that are made of the tags of other products."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from discovery.consul.instance import Instance
from ingress.model.backend import BackendSettings


class TagOptions(Struct, frozen=True):
    """How tags are read."""

    source: str
    namespace: str = ""
    settings: BackendSettings = BackendSettings()
    """Those of backends that do not say."""
    exposed_by_default: bool = False
    """Whether a service that says nothing gets a route."""
    entry_points: Mapping[str, str] = {}
    """What each is: `http`, `https` or a port."""
    authority: str = ""
    """By whom servers are verified; empty: by those that the system trusts."""
    registers: bool = False
    """Whether tags may ask for a name of this instance in Consul."""


class TagTable(Protocol):
    """The routes that the tags of one dialect ask for, told to a sink."""

    def put(self, service: str, instances: Sequence[Instance]) -> None:
        """The instances of a service; none: what they said holds until the service is dropped."""

    def drop(self, service: str) -> None:
        """The service is not there any more."""

    def flush(self) -> None:
        """Tell the sink what has changed since the last time."""

"""A pool: the servers of a Kubernetes Service and those of a Consul service behind one backend."""

import re
from typing import Final

from msgspec import Struct

from discovery.names import SpellingError
from discovery.shift.ramp import Ramp
from ingress.model.route import Origin

CLUSTER: Final = "kubernetes"
CONSUL: Final = "consul"
PLACES: Final = (CLUSTER, CONSUL)
"""What people call the two places that servers come from, whatever the names of the sources."""

_SERVICE_OF_CLUSTER: Final = re.compile(
    r"([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)/([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?::([a-z0-9-]{1,15}))?",
    re.ASCII,
)
_MOST_ENOUGH: Final = 10_000
_LONGEST_NAME: Final = 128


class Pool(Struct, frozen=True, omit_defaults=True):
    """What a backend is besides its own servers."""

    origin: Origin
    """The object that wishes it, for problems."""
    option: str = ""
    """The option that names the other backend, as it is written there."""
    place: str = CLUSTER
    """Where the servers of this backend come from; those of `other` come from the other of PLACES."""
    other: str = ""
    """The `name` of the backend whose servers count to this one, too; empty: none."""
    share: int | None = None
    """Of a hundred requests, those that go to the servers of `other`; None: all by their weights."""
    first: str = ""
    """The place that serves alone while enough of its servers are healthy; empty: both serve."""
    enough: int = 1
    prefer_zone: bool = False
    """The servers in the zone of this instance come before the others of their place."""
    ramp: Ramp | None = None
    hidden: bool = False
    """No route may lead to this backend: it is there for pools alone."""

    @property
    def places(self) -> tuple[str, str]:
        """That of the servers of this backend, and that of the others."""
        return (CLUSTER, CONSUL) if self.place == CLUSTER else (CONSUL, CLUSTER)


class ServiceOfCluster(Struct, frozen=True):
    """A Service of Kubernetes as a tag names it; without a port, it has only one."""

    namespace: str
    name: str
    port: str = ""

    @property
    def text(self) -> str:
        """As it is written: `team-a/web:80`."""
        return f"{self.namespace}/{self.name}" + (f":{self.port}" if self.port else "")


def parse_consul_service(text: str) -> str:
    """The name of a Consul service."""
    word = text.strip()
    if not word or len(word) > _LONGEST_NAME or not set(word).isdisjoint("/:@ +"):
        raise SpellingError(f'"{text}" is not the name of a Consul service')
    return word


def parse_cluster_service(text: str) -> ServiceOfCluster:
    """`NAMESPACE/SERVICE` or `NAMESPACE/SERVICE:PORT`."""
    match = _SERVICE_OF_CLUSTER.fullmatch(text.strip())
    if match is None:
        raise SpellingError(f'"{text}" is not NAMESPACE/SERVICE or NAMESPACE/SERVICE:PORT')
    return ServiceOfCluster(match[1], match[2], match[3] or "")


def parse_percent(text: str) -> int:
    """A whole number from 0 to 100, with or without a percent sign."""
    word = text.strip().removesuffix("%").rstrip()
    if not (word.isascii() and word.isdigit() and len(word) <= 3 and int(word) <= 100):
        raise SpellingError(f'"{text}" is not a whole number from 0 to 100')
    return int(word)


def parse_failover(text: str) -> str:
    """`kubernetes, consul` or the other way round: who serves first."""
    words = tuple(word.strip().lower() for word in text.split(","))
    if words not in (PLACES, PLACES[::-1]):
        raise SpellingError(f'"{text}" is neither "{CLUSTER}, {CONSUL}" nor "{CONSUL}, {CLUSTER}"')
    return words[0]


def parse_enough(text: str) -> int:
    """A number of servers, at least 1."""
    word = text.strip()
    if not (word.isascii() and word.isdigit() and len(word) <= 5 and 1 <= int(word) <= _MOST_ENOUGH):
        raise SpellingError(f'"{text}" is not a whole number from 1 to {_MOST_ENOUGH}')
    return int(word)

"""What a fetch takes out of a request: samples, their types, and the casts between them."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, Protocol

from ingress.acl.network import address_text, leading_address
from ingress.acl.number import loose_number

Sample = bytes | int


class Type(StrEnum):
    """The types of samples, under HAProxy's names."""

    STR = "string"
    METHOD = "method"
    INT = "integer"
    BOOL = "boolean"
    ADDRESS = "address"


class Request(Protocol):
    """What a condition may ask of a request; header names are lower-case."""

    @property
    def method(self) -> bytes:
        """`GET`."""

    @property
    def target(self) -> bytes:
        """As it was received: `/a?b`, `http://h/a?b`, `*`."""

    @property
    def path(self) -> bytes:
        """`/a`, without the query; `*` for `OPTIONS *`."""

    @property
    def query(self) -> bytes | None:
        """What follows the first `?`; None where there is none."""

    @property
    def minor(self) -> int:
        """0 for HTTP/1.0, 1 for HTTP/1.1."""

    @property
    def authority(self) -> bytes:
        """The host that was asked for, as spelled, with its port; empty where none was named."""

    def values(self, name: bytes) -> Sequence[bytes]:
        """The whole values of all fields of that name, in order, as edited so far."""


class Client(Protocol):
    """What a condition may ask of the connection."""

    @property
    def address(self) -> bytes:
        """Packed, 4 or 16 bytes; never an IPv4-mapped IPv6 address."""

    @property
    def tls(self) -> bool:
        """The client came over TLS."""


Predicate = Callable[[Request, Client], bool]
One = Callable[[Request, Client], Sample | None]
"""A fetch of which there is at most one sample."""
Many = Callable[[Request, Client], Sequence[Sample]]
"""A fetch that may give several samples: a condition holds if it holds for any."""
Texts = Callable[[Request, Client], Sequence[bytes]]
"""A fetch that may give several texts."""


def _number_text(number: int) -> bytes:
    return b"%d" % number


def _same(sample: Any) -> Any:
    return sample


CASTS: Final[Mapping[tuple[Type, Type], Callable[[Any], Sample | None]]] = {
    (Type.METHOD, Type.STR): _same,
    (Type.INT, Type.STR): _number_text,
    (Type.BOOL, Type.STR): _number_text,
    (Type.ADDRESS, Type.STR): address_text,
    (Type.STR, Type.INT): loose_number,
    (Type.BOOL, Type.INT): int,
    (Type.INT, Type.BOOL): bool,
    (Type.STR, Type.ADDRESS): leading_address,
}
"""How a sample becomes one of another type; None: it cannot, and there is no sample."""


def can_cast(given: Type, wanted: Type) -> bool:
    """Whether samples of one type can be used where another is asked for."""
    return given is wanted or (given, wanted) in CASTS

"""What a fetch takes out of a request: samples, their types, and the casts between them."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from ingress.acl.network import address_number, address_text, leading_address, number_address
from ingress.acl.number import loose_number
from ingress.acl.wait import Check
from ingress.model.backend import Server as ServerFact


class Member(NamedTuple):
    """A user whose password was right."""

    name: bytes
    groups: frozenset[bytes]


Sample = bytes | int


class Type(StrEnum):
    """The types of samples, under HAProxy's names."""

    STR = "string"
    METHOD = "method"
    INT = "integer"
    BOOL = "boolean"
    ADDRESS = "address"
    BIN = "binary"
    MEMBER = "user"
    ANY = "any"
    """What a variable gives: a pair of the type it has at that time, and the sample."""


Variable = tuple[Type, Sample]
"""The content of a variable: a sample, and the type it has."""


class Response(Protocol):
    """What a rule about answers may ask of one."""

    @property
    def status(self) -> int:
        """`200`."""

    def values(self, name: bytes) -> Sequence[bytes]:
        """The whole values of all fields of that lower-case name, in order, as edited so far."""


class Server(Protocol):
    """What a condition may ask of a server."""

    @property
    def up(self) -> bool:
        """It has not been taken out."""

    @property
    def fact(self) -> ServerFact:
        """What is said of it."""

    @property
    def cell(self) -> int:
        """Where it is counted."""


class Backend(Protocol):
    """What a condition may ask of a backend."""

    @property
    def name(self) -> str:
        """`kubernetes:team-a/blog:80`."""

    @property
    def servers(self) -> Sequence[Server]:
        """All of them, usable or not."""

    @property
    def live(self) -> int:
        """How many can be used."""

    def named(self, name: str) -> Server | None:
        """The server of that address or name."""


class Meters(Protocol):
    """What is counted over all workers."""

    def connections(self) -> int:
        """Open connections of clients."""

    def connection_rate(self) -> int:
        """Connections of clients a second."""

    def request_rate(self) -> int:
        """Requests a second."""

    def under_way(self, server: Server) -> int:
        """Requests that a server has."""

    def rate(self, servers: Sequence[Server], name: str) -> int:
        """Requests a second that these servers get; they are known together by that name."""


class Surroundings(Protocol):
    """What conditions may ask of the world: the clock and the dice are handed in."""

    @property
    def hostname(self) -> bytes:
        """The name of this machine."""

    @property
    def files(self) -> Mapping[str, Any]:
        """The look-ups in pattern files, and users, by the key of their use."""

    def knows(self, check: Check) -> bool:
        """Whether a password is known to be right."""

    @property
    def backends(self) -> Mapping[str, Backend]:
        """The backends in force, by name."""

    @property
    def draining(self) -> bool:
        """It is about to leave."""

    @property
    def meters(self) -> Meters:
        """The counters."""

    def wall(self) -> float:
        """Seconds since the epoch."""

    def dice(self) -> float:
        """A number from 0 to below 1."""


class Request(Protocol):
    """What a condition may ask of a request; header names are lower-case."""

    @property
    def method(self) -> bytes:
        """`GET`."""

    @property
    def target(self) -> bytes:
        """As it was received: `/a?b`, `http://h/a?b`, `*`."""

    @property
    def url(self) -> bytes:
        """The same, as edited so far."""

    @property
    def path(self) -> bytes:
        """`/a`, without the query; `*` for `OPTIONS *`."""

    @property
    def query(self) -> bytes | None:
        """What follows the first `?`; None where there is none."""

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What rules have set, by scope and name: `txn.team`."""

    @property
    def response(self) -> Response:
        """The answer, once there is one; only rules about answers ask for it."""

    @property
    def edits(self) -> Mapping[bytes, object] | None:
        """The fields that rules have changed; None: none."""

    @property
    def noted(self) -> Mapping[bytes, Any]:
        """By lower-case name: a note of each field whose values are at hand, and its `place`."""

    @property
    def notes(self) -> Sequence[Any]:
        """By place: the value of a noted field, or the list of them; None: there is none."""

    @property
    def minor(self) -> int:
        """0 for HTTP/1.0, 1 for HTTP/1.1."""

    @property
    def body(self) -> int:
        """Bytes of the body as announced; 0: there is none, negative: as many as come."""

    @property
    def length(self) -> int:
        """Content-Length as said; negative: there is none."""

    @property
    def authority(self) -> bytes:
        """The host that was asked for, as spelled, with its port; empty where none was named."""

    def values(self, name: bytes) -> Sequence[bytes]:
        """The whole values of all fields of that name, in order, as edited so far."""

    def set_variable(self, name: str, content: Any) -> None:
        """Keep something for the rules that follow; None: keep it no longer."""


class Certificate(Protocol):
    """What a condition may ask of the certificate of a client."""

    @property
    def der(self) -> bytes:
        """The certificate itself."""

    @property
    def subject(self) -> bytes:
        """`/C=FR/O=Example/CN=anna`."""

    def subject_part(self, name: str, place: int) -> bytes | None:
        """The value of an attribute of the subject by its short name: the first is 1, the last -1."""

    @property
    def issuer(self) -> bytes:
        """Who has signed it, in the same form."""

    def issuer_part(self, name: str, place: int) -> bytes | None:
        """The same of who has signed it."""

    @property
    def common_name(self) -> bytes:
        """The last CN of the subject; empty: it has none."""

    @property
    def serial(self) -> bytes:
        """Big-endian."""

    @property
    def sha1(self) -> bytes:
        """The fingerprint, 20 bytes."""

    @property
    def not_before(self) -> bytes:
        """`260105093443Z`."""

    @property
    def not_after(self) -> bytes:
        """The same for its end."""


class Session(Protocol):
    """What a condition may ask of the TLS of a connection; what there is not is empty."""

    @property
    def sni(self) -> bytes:
        """The host that the client has named, in lower case."""

    @property
    def protocol(self) -> bytes:
        """`TLSv1.3`."""

    @property
    def cipher(self) -> bytes:
        """`TLS_AES_256_GCM_SHA384`."""

    @property
    def alpn(self) -> bytes:
        """`http/1.1`."""

    @property
    def resumed(self) -> bool:
        """By a session of before."""

    @property
    def certificate(self) -> Certificate | None:
        """What the client has shown; None: nothing."""


class Client(Protocol):
    """What a condition may ask of the connection."""

    @property
    def address(self) -> bytes:
        """Packed, 4 or 16 bytes; never an IPv4-mapped IPv6 address."""

    @property
    def tls(self) -> bool:
        """The client came over TLS."""

    @property
    def session(self) -> Session | None:
        """What came out of its TLS handshake; None: the client came without TLS."""

    @property
    def port(self) -> int:
        """Of the client."""

    @property
    def local(self) -> tuple[bytes, int]:
        """The address it came to, packed as its own, and the port."""

    @property
    def request_id(self) -> bytes:
        """Of the request under way; empty: it has none yet."""

    @property
    def server(self) -> Server | None:
        """Which server has the request under way, or had it last."""

    @property
    def backend(self) -> Backend | None:
        """Where the request under way goes, as far as is known: first the backend of its route."""

    @property
    def surroundings(self) -> Surroundings:
        """Of the worker that has the connection."""


Predicate = Callable[[Request, Client], bool]
One = Callable[[Request, Client], Sample | None]
"""A fetch of which there is at most one sample."""
Many = Callable[[Request, Client], Sequence[Sample]]
"""A fetch that may give several samples: a condition holds if it holds for any."""
Texts = Callable[[Request, Client], Sequence[bytes]]
"""A fetch that may give several texts."""


def _number_text(number: int) -> bytes:
    return b"%d" % number


def _number_bytes(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _truth(text: bytes) -> int | None:
    number = loose_number(text)
    return number and 1


def _up_to_nul(data: bytes) -> bytes:
    return data.partition(b"\0")[0]


def _same(sample: Any) -> Any:
    return sample


def _name(member: Member) -> bytes:
    return member.name


CASTS: Final[Mapping[tuple[Type, Type], Callable[[Any], Sample | None]]] = {
    (Type.METHOD, Type.STR): _same,
    (Type.MEMBER, Type.STR): _name,
    (Type.MEMBER, Type.BIN): _name,
    (Type.INT, Type.STR): _number_text,
    (Type.BOOL, Type.STR): _number_text,
    (Type.ADDRESS, Type.STR): address_text,
    (Type.BIN, Type.STR): _up_to_nul,
    (Type.STR, Type.BIN): _same,
    (Type.METHOD, Type.BIN): _same,
    (Type.ADDRESS, Type.BIN): _same,
    (Type.INT, Type.BIN): _number_bytes,
    (Type.BOOL, Type.BIN): _number_bytes,
    (Type.ADDRESS, Type.INT): address_number,
    (Type.INT, Type.ADDRESS): number_address,
    (Type.STR, Type.INT): loose_number,
    (Type.STR, Type.BOOL): _truth,
    (Type.BOOL, Type.INT): int,
    (Type.INT, Type.BOOL): bool,
    (Type.STR, Type.ADDRESS): leading_address,
}
"""How a sample becomes one of another type; None: it cannot, and there is no sample."""


def cast_variable(wanted: Type) -> Callable[[Variable], Sample | None]:
    """How the content of a variable becomes a sample of a type."""

    def cast(content: Variable) -> Sample | None:
        given, sample = content
        if given is wanted:
            return sample
        convert = CASTS.get((given, wanted))
        return None if convert is None else convert(sample)

    return cast


def cast(given: Type, wanted: Type) -> Callable[[Any], Sample | Variable | None] | None:
    """How a sample of one type becomes one of another; None: it is one already."""
    if given is wanted:
        return None
    if wanted is Type.ANY:
        return lambda sample: (given, sample)
    return cast_variable(wanted) if given is Type.ANY else CASTS[given, wanted]


def can_cast(given: Type, wanted: Type) -> bool:
    """Whether samples of one type can be used where another is asked for."""
    return given is wanted or Type.ANY in (given, wanted) or (given, wanted) in CASTS

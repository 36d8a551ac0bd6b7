"""Whether an answer is compressed on its way, and what its head says then."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final, Protocol

from ingress.filter.act import Message
from ingress.model.policy import Coding, Compression

SHORTEST: Final = 512
"""Bytes of an answer below which compressing it saves no packet."""

MODULES: Final = {Coding.GZIP: "zlib", Coding.BROTLI: "brotli", Coding.ZSTD: "zstandard"}
"""What each coding needs: only gzip is always there."""

WITHOUT_CONTENT: Final = (204, 205, 206, 304)
"""Statuses without a body, or with a part of one."""

ALREADY: Final = (b"content-encoding", b"content-range", b"content-digest", b"digest", b"content-md5")
"""Fields that are about the bytes as they are."""


class Response(Message, Protocol):
    """An answer, as far as it matters here."""

    @property
    def status(self) -> int:
        """Its status."""

    @property
    def body(self) -> int:
        """Bytes of its body; 0: none, negative: as many as come."""

    @property
    def length(self) -> int:
        """Content-Length as said; negative: not said."""

    def recode(self) -> None:
        """Announce a body of unknown length, in chunks."""


class Request(Protocol):
    """What the client takes."""

    @property
    def method(self) -> bytes:
        """Its method."""

    @property
    def minor(self) -> int:
        """Of its version."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name."""


class Compressor:
    """The compression that a route asks for, ready to be asked about answers."""

    __slots__ = ("_codings", "_types")

    def __init__(self, wanted: Compression) -> None:
        self._codings = [coding for coding in wanted.codings if find_spec(MODULES[coding])]
        self._types = frozenset(kind.lower().encode() for kind in wanted.types)

    def apply(self, request: Request, response: Response) -> Coding | None:
        """Choose the coding in which the client gets the answer, and change the answer's head for it.

        None: as it is. An answer that another client might get compressed varies by what is accepted.
        """
        if not self._suits(request, response):
            return None
        _vary(response)
        coding = self._accepted(request)
        if coding is not None:
            response.edit(b"Content-Encoding", [coding.encode()])
            # Ranges are of the bytes that the server has, which are not those that the client gets.
            response.edit(b"Accept-Ranges", [])
            _weaken(response)
            response.recode()
        return coding

    def _suits(self, request: Request, response: Response) -> bool:
        if request.minor == 0 or response.status < 200 or response.status in WITHOUT_CONTENT:
            return False
        if response.body == 0 and request.method != b"HEAD":
            return False
        if 0 <= response.length < SHORTEST or any(response.values(name) for name in ALREADY):
            return False
        if any(b"no-transform" in value.lower() for value in response.values(b"cache-control")):
            return False
        kinds = response.values(b"content-type")
        return len(kinds) == 1 and self._takes(kinds[0].partition(b";")[0].strip().lower())

    def _takes(self, kind: bytes) -> bool:
        if kind == b"text/event-stream":
            return False
        return kind in self._types or kind.partition(b"/")[0] + b"/*" in self._types

    def _accepted(self, request: Request) -> Coding | None:
        """The coding that the client likes best; of those alike, the one that is named first."""
        weights = accepted(request.values(b"accept-encoding"))
        best, chosen = 0.0, None
        for coding in self._codings:
            weight = weights.get(coding.encode(), weights.get(b"*", 0.0))
            if weight > best:
                best, chosen = weight, coding
        return chosen if best >= weights.get(b"identity", 0.0) else None


def accepted(values: Sequence[bytes]) -> dict[bytes, float]:
    """The codings that Accept-Encoding names, lower-case, and how much each is liked (RFC 9110, 12.5.3)."""
    weights = {}
    for item in b",".join(values).lower().split(b","):
        name, _, parameter = item.partition(b";")
        weight = _weight(parameter.replace(b" ", b""))
        weights[name.strip(b" \t")] = weight
    return weights


def _weight(parameter: bytes) -> float:
    """What `q=` says; what cannot be read is not liked at all."""
    if not parameter:
        return 1.0
    number = parameter.removeprefix(b"q=")
    digits = number.replace(b".", b"", 1)
    if number == parameter or not digits.isdigit() or len(number) > 5:
        return 0.0
    return min(1.0, float(number))


def _vary(response: Response) -> None:
    """Tell caches that the answer depends on what is accepted."""
    values = response.values(b"vary")
    named = b",".join(values).lower().replace(b" ", b"").split(b",")
    if b"*" not in named and b"accept-encoding" not in named:
        response.edit(b"Vary", [*values, b"Accept-Encoding"])


def _weaken(response: Response) -> None:
    """The validator is of the same content, but no longer of the same bytes (RFC 9110, 8.8.1)."""
    values = response.values(b"etag")
    if any(not value.startswith(b"W/") for value in values):
        response.edit(b"ETag", [value if value.startswith(b"W/") else b"W/" + value for value in values])

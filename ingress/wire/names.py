"""Field names as they are spelled: a look-up each for those seen before, a full check for new ones."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from ingress.wire.grammar import BLANKS, is_token
from ingress.wire.refusal import malformed

Meaning = Any
"""What a name means is for those who read the marks."""
Mark = tuple[Meaning, bytes, bytes]
"""A field that means something: what, its line, and its value without blanks around it."""

REMEMBERED: Final = 2048
LONGEST: Final = 64
LONGEST_LINE: Final = 192
"""Bounds on what is learned: the peer chooses the names and the lines."""

LENGTHS: Final = 64
"""Longer names count as this long, less one."""
FIRSTS: Final = 32
"""Capital and small letters are the same by their last five bits."""
NOTHING: Final = bytes(LENGTHS * FIRSTS)
ASKED: Final = 1
VARIES: Final = 2
"""A name may mean something, and if so, its lines are not remembered."""
EVERYTHING: Final = bytes((ASKED,)) * len(NOTHING)
SLOTS: Final = 256
"""Lines and names of late, each where some of its bytes say."""

VARYING: Final = frozenset(
    b"authorization cookie proxy-authorization set-cookie x-api-key x-csrf-token referer if-none-match etag"
    b" date last-modified traceparent tracestate x-b3-traceid x-b3-spanid x-correlation-id location"
    b" content-range range x-request-id x-forwarded-for x-real-ip".split()
)
"""Fields whose lines are not remembered: secrets, and what is another each time."""


class Names:
    """What a field name means to the proxy, found by the name as spelled; None: nothing, pass it on.

    `spelled` and `known` are memories of answers and no more: what is in them never changes a verdict.
    The common names are known from the start, so that no flood of invented ones can keep them out.
    """

    __slots__ = ("_constant", "_meaning", "asked", "known", "late", "noted", "spelled", "varying")

    def __init__(
        self,
        meaning: Callable[[bytes], Meaning | None],
        common: Iterable[bytes],
        telling: Iterable[bytes] | None = None,
    ) -> None:
        """`telling`: all names that mean something, lower-case, but for those with an underscore; one that
        ends with `*` stands for all that begin so. None: any may."""
        self._meaning = meaning
        self.noted: dict[bytes, Meaning] = {}
        """What names have come to mean later, by their lower-case form; replaced, never changed."""
        self.asked = EVERYTHING if telling is None else _with(NOTHING, telling)
        """For a length of a name and its first letter: a name of a meaning may look so."""
        self.spelled: dict[bytes, Meaning | None] = {}
        self._constant: set[bytes] = set()
        """Common names, as spelled, whose lines tend to be the same from one message to the next."""
        self.known: dict[bytes, Mark | None] = {}
        """Whole lines that were read before, and what `read` said: most of what the next head has too."""
        self.late: list[Mark | None] = [None] * SLOTS
        """What `known` has said of late, where a form of the scan likes to put it; a line that means nothing
        has None for a meaning."""
        self.varying: list[tuple[bytes, Meaning | None] | None] = [None] * SLOTS
        """The same of `spelled`, for names whose lines are not remembered."""
        for name in common:
            for spelling in (name, name.title()):
                self.learn(spelling)
                if name.lower() not in VARYING:
                    self._constant.add(spelling)

    def meaning(self, name: bytes) -> Meaning | None:
        """What a lower-case name means now."""
        return self.noted[name] if name in self.noted else self._meaning(name)

    def mean(self, name: bytes, meaning: Meaning) -> None:
        """Let a lower-case name mean something else from now on."""
        self.noted = {**self.noted, name: meaning}
        self.asked = _with(self.asked, (name,))
        self.known.clear()
        self.late = [None] * SLOTS
        self.varying = [None] * SLOTS
        for spelling in self.spelled:
            if spelling.lower() == name:
                self.spelled[spelling] = meaning

    def learn(self, name: bytes) -> Meaning | None:
        """The meaning of a name not seen before, in any case; a word that is no name is refused."""
        if not is_token(name):
            raise malformed("a field name is not a token")
        meaning = self.meaning(name.lower())
        if len(self.spelled) < REMEMBERED and len(name) <= LONGEST:
            self.spelled[name] = meaning
        return meaning

    def read(self, line: bytes) -> Mark | None:
        """What a line says; None for a sound one that means nothing."""
        name, colon, value = line.partition(b":")
        meaning = self.spelled[name] if name in self.spelled else self.learn(name)
        if not colon:
            raise malformed("a field line without a colon")
        mark = None if meaning is None else (meaning, line, value.strip(BLANKS))
        if name in self._constant and len(line) <= LONGEST_LINE:
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[line] = mark
        return mark


def _with(table: bytes, telling: Iterable[bytes]) -> bytes:
    asked = bytearray(table)
    for name in telling:
        shortest = len(name) - name.endswith(b"*")
        longest = LENGTHS if name.endswith(b"*") else shortest + 1
        for length in range(shortest, longest):
            place = min(length, LENGTHS - 1) * FIRSTS + name[0] % FIRSTS
            # Other names that look so cost more for it, but do not come with each request.
            asked[place] = VARIES if name in VARYING or asked[place] == VARIES else ASKED
    return bytes(asked)


REQUEST_NAMES: Final = tuple(
    b"""
    accept accept-charset accept-encoding accept-language access-control-request-headers
    access-control-request-method authorization baggage cache-control cdn-loop connection content-encoding
    content-language content-length content-type cookie date dnt DNT expect forwarded from grpc-timeout host
    if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive max-forwards origin
    pragma priority proxy-authorization proxy-connection range referer save-data sec-ch-ua sec-ch-ua-mobile
    sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-storage-access sec-fetch-user
    sec-gpc Sec-GPC sec-purpose sec-websocket-extensions sec-websocket-key sec-websocket-protocol
    sec-websocket-version Sec-WebSocket-Extensions Sec-WebSocket-Key Sec-WebSocket-Protocol
    Sec-WebSocket-Version te TE traceparent tracestate trailer transfer-encoding upgrade
    upgrade-insecure-requests user-agent via x-api-key x-b3-parentspanid x-b3-sampled x-b3-spanid
    x-b3-traceid x-correlation-id x-csrf-token x-forwarded-for x-forwarded-host x-forwarded-port
    x-forwarded-proto x-real-ip X-Real-IP x-request-id X-Request-ID x-requested-with
    """.split()
)
"""What browsers, tools and tracers send."""

RESPONSE_NAMES: Final = tuple(
    b"""
    accept-ranges access-control-allow-credentials access-control-allow-headers access-control-allow-methods
    access-control-allow-origin access-control-expose-headers access-control-max-age age allow alt-svc
    cache-control connection content-disposition content-encoding content-language content-length
    content-location content-range content-security-policy content-type cross-origin-opener-policy
    cross-origin-resource-policy date etag ETag expires keep-alive last-modified link location
    permissions-policy pragma proxy-connection referrer-policy retry-after sec-websocket-accept
    sec-websocket-extensions sec-websocket-protocol Sec-WebSocket-Accept server server-timing set-cookie
    strict-transport-security trailer transfer-encoding upgrade vary via www-authenticate WWW-Authenticate
    x-content-type-options x-frame-options x-powered-by x-request-id X-Request-ID x-xss-protection
    X-XSS-Protection
    """.split()
)
"""What servers send."""

"""The head of a request, read strictly (RFC 9112), and said again to a server."""

from typing import Final

from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.grammar import BLANKS, CRLF, TEXT, field_name, is_token
from ingress.wire.host import host_of
from ingress.wire.message import CHUNKED, UNSAID, Message, settle_connection
from ingress.wire.names import REQUEST_NAMES, Names
from ingress.wire.refusal import Refusal, malformed
from ingress.wire.request_fields import meaning
from ingress.wire.scan import scan
from ingress.wire.target import split_absolute, split_request_line

FIXED: Final = frozenset(
    b"""
    content-length transfer-encoding connection keep-alive proxy-connection upgrade te trailer
    """.split()
)
"""Fields that belong to the hop: no edit may touch them."""


class Request(Message):
    """What a client asks. Made once for each request, edited by filters, sent with `forward`."""

    __slots__ = (
        "authority",
        "edits",
        "expect_continue",
        "forwarded_for",
        "forwarded_host",
        "forwarded_proto",
        "host",
        "host_line",
        "method",
        "path",
        "query",
        "request_id",
        "said_host",
        "target",
        "te_trailers",
    )

    def __init__(self, head: bytes, fields: list[bytes]) -> None:
        self.head = head
        self.fields = fields
        self.cut = []
        self.options = ()
        self.length = UNSAID
        self.coding = self.start = self.upgrade = b""
        self.host = b""
        """Lower-case, without port and trailing dot; empty: none was said."""
        self.authority = b""
        """As the Host field or an absolute target says it; empty: neither does."""
        self.said_host = False
        self.host_line = b""
        """The Host line for the server, where that of the client is not it."""
        self.query: bytes | None = None
        self.expect_continue = self.te_trailers = False
        self.forwarded_for: list[bytes] = []
        self.forwarded_proto = self.forwarded_host = self.request_id = b""
        self.edits: dict[bytes, tuple[bytes, bytes] | None] | None = None
        """By lower-case name: the name and value to send; None: no field of that name."""
        self.method: bytes
        self.target: bytes
        """As it came."""
        self.path: bytes
        """Begins with `/`, or is `*`."""

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name, as edited so far."""
        if self.edits is not None and name in self.edits:
            edit = self.edits[name]
            return [] if edit is None else [edit[1]]
        return super().values(name)

    def set_field(self, name: bytes, value: bytes) -> None:
        """Send this and no other field of that name to the server."""
        if value.translate(None, TEXT):
            raise ValueError(f"a control byte in the value of {name!r}")
        self._edit(name, (name, value))

    def del_field(self, name: bytes) -> None:
        """Send no field of that name to the server."""
        if name.lower() == b"host":
            raise ValueError("a request needs its Host")
        self._edit(name, None)

    def _edit(self, name: bytes, edit: tuple[bytes, bytes] | None) -> None:
        lower = name.lower()
        if not is_token(name) or lower in FIXED:
            raise ValueError(f"the field {name!r} cannot be edited")
        if self.edits is None:
            self.edits = {}
        self.edits[lower] = edit

    def forward(self, blob: bytes) -> bytes:
        """The head for the server: ours in `blob`, each line with its CRLF, in place of what is cut.

        An upgrade that the request asks for is asked for again.
        """
        if not self.start and self.edits is None and not self.upgrade:
            return self.spliced(blob)
        lines = self.kept()
        if self.host_line:
            lines.insert(0, self.host_line)
        if self.upgrade:
            lines += (b"Upgrade: " + self.upgrade, b"Connection: upgrade")
        if self.edits is not None:
            lines = [line for line in lines if field_name(line) not in self.edits]
            lines += [b"%b: %b" % edit for edit in self.edits.values() if edit is not None]
        return self.joined(lines, blob)


NAMES: Final = Names(meaning, REQUEST_NAMES)


def parse_request(head: bytes, limits: Limits) -> Request:
    """The request whose head, up to and including its empty line, is given."""
    if len(head) > limits.head:
        raise too_long(head, limits)
    start, fields, marks = scan(head, NAMES)
    if len(start) > limits.request_line or len(fields) > limits.fields:
        raise too_long(head, limits)
    request = Request(head, fields)
    request.method, request.target, request.minor = split_request_line(start)
    for take, line, value in marks:
        take(request, line, value.strip(BLANKS))
    settle_target(request)
    settle_connection(request)
    settle_body(request)
    return request


def too_long(head: bytes, limits: Limits) -> Refusal:
    """Which limit a head, or what has come of it, is over."""
    if len(head.partition(CRLF)[0]) > limits.request_line:
        return Refusal(414, Reason.TARGET_TOO_LONG, "the request line is too long")
    return Refusal(431, Reason.HEAD_TOO_LARGE, "the header fields are too many or too long")


def settle_target(request: Request) -> None:
    """Decide which host and path are asked for (RFC 9112, 3.2 and 3.3)."""
    target = request.target
    if not request.said_host and request.minor == 1:
        raise malformed("HTTP/1.1 without Host")
    request.host = host_of(request.authority)
    if target[:1] != b"/":
        target = _other_form(request, target)
    path, mark, query = target.partition(b"?")
    request.path = path
    if mark:
        request.query = query
    if request.minor == 0 or target is not request.target:
        _restate(request, target)


def _other_form(request: Request, target: bytes) -> bytes:
    """The origin-form or asterisk-form of a target that does not begin with a slash."""
    if target == b"*" and request.method == b"OPTIONS":
        return target
    authority, target = split_absolute(request.method, target)
    # RFC 9112, 3.2.2: the Host field is passed over, and replaced for those behind us.
    request.cut += [line for line in request.fields if field_name(line) == b"host"]
    request.authority = authority
    request.host = host_of(authority)
    request.host_line = b"Host: " + authority
    return target


def _restate(request: Request, target: bytes) -> None:
    request.start = b"%b %b HTTP/1.1" % (request.method, target)
    if not request.said_host and not request.host_line:
        # RFC 9110, 7.2: in HTTP/1.1 the field has to be there; empty, where no host is known.
        request.host_line = b"Host:"


def settle_body(request: Request) -> None:
    """Decide how long the body is (RFC 9112, 6.3), and refuse what could be decided in two ways."""
    if not request.coding:
        request.body = 0 if request.length == UNSAID else request.length
    elif request.length != UNSAID:
        raise malformed("Content-Length beside Transfer-Encoding")
    elif request.minor == 0:
        raise malformed("Transfer-Encoding in HTTP/1.0")
    else:
        request.body = CHUNKED
    if request.upgrade:
        settle_upgrade(request)


def settle_upgrade(request: Request) -> None:
    """Hear an offer of one protocol alone, and never of HTTP/2, behind which requests go unseen."""
    protocol = request.upgrade.partition(b"/")[0].lower()
    if not is_token(protocol) or protocol in (b"h2c", b"h2", b"http"):
        request.upgrade = b""

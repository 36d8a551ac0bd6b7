"""The head of a request, read strictly (RFC 9112), and said again to a server."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.grammar import CRLF, field_name, is_token
from ingress.wire.host import host_of
from ingress.wire.message import CHUNKED, NOTHING_NOTED, UNSAID, Message, Note, settle_connection
from ingress.wire.names import REQUEST_NAMES, Names
from ingress.wire.refusal import Refusal, malformed
from ingress.wire.request_fields import TELLING, meaning
from ingress.wire.scan import scan
from ingress.wire.target import PATH, QUERY, escaped, split_absolute, split_request_line

MOST_NOTED: Final = 32
NO_VARIABLES: Final[Mapping[str, Any]] = MappingProxyType({})


class Request(Message):
    """What a client asks. Made once for each request, edited by filters, sent with `forward`."""

    __slots__ = (
        "authority",
        "expect_continue",
        "forwarded_for",
        "forwarded_host",
        "forwarded_proto",
        "host",
        "host_line",
        "method",
        "moved",
        "overrides",
        "path",
        "query",
        "request_id",
        "response",
        "said_host",
        "target",
        "te_trailers",
        "variables",
    )

    def __init__(self, head: bytes) -> None:
        self.head = head
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
        self.edits = self.found = None
        self.noted = NOTHING_NOTED
        self.variables: Mapping[str, Any] = NO_VARIABLES
        """What rules keep, by scope and name."""
        self.moved: bytes | None = None
        """Path and query to ask the server for, where they are not those of the client."""
        self.overrides: Any = None
        """What rules ask for the exchange that is not said in its head; None: nothing."""
        self.response: Any
        """The answer, when rules are asked about it."""
        self.method: bytes
        self.target: bytes
        """As it came."""
        self.path: bytes
        """Begins with `/`, or is `*`."""

    @property
    def url(self) -> bytes:
        """The target, as edited so far: in the form in which it came."""
        if self.moved is None:
            return self.target
        if self.target.startswith((b"/", b"*")):
            return self.moved
        return self.target.partition(b"://")[0] + b"://" + self.authority + self.moved

    def del_field(self, name: bytes) -> None:
        """Send no field of that name to the server."""
        if name.lower() == b"host":
            raise ValueError("a request needs its Host")
        super().del_field(name)

    def set_variable(self, name: str, content: Any) -> None:
        """Keep something for the rules that follow."""
        if self.variables is NO_VARIABLES:
            self.variables = {}
        self.variables[name] = content  # type: ignore[index]

    def set_target(self, target: bytes) -> None:
        """Ask the server for another path and query; what may not stand there is sent as `%XX`."""
        path, mark, query = target.partition(b"?")
        path = escaped(path if path.startswith(b"/") else b"/" + path, PATH)
        query = escaped(query, QUERY)
        self.path = path
        self.query = query if mark else None
        self.moved = path + mark + query
        self.start = b"%b %b HTTP/1.1" % (self.method, self.moved)

    def set_method(self, method: bytes) -> None:
        """Ask the server with another method; what is no method is passed over."""
        # How long the answer is, and so where the next one begins, depends on these two.
        if not is_token(method) or b"HEAD" in (method, self.method) or method == b"CONNECT":
            return
        self.method = method
        target = self.path if self.query is None else b"%b?%b" % (self.path, self.query)
        self.start = b"%b %b HTTP/1.1" % (method, target)

    def forward(self, blob: bytes) -> bytes:
        """The head for the server: ours in `blob`, each line with its CRLF, in place of what is cut.

        An upgrade that the request asks for is asked for again.
        """
        if not self.start and self.edits is None and not self.upgrade and not self.te_trailers:
            return self.spliced(blob)
        lines = self.kept()
        if self.host_line:
            lines.insert(0, self.host_line)
        lines += self._asked_of_each_hop()
        lines = self.edited(lines)
        return self.joined(lines, blob)

    def _asked_of_each_hop(self) -> list[bytes]:
        """What the client asks of the nearest server, so that it has to be asked of the next one again."""
        lines = [b"TE: trailers"] if self.te_trailers else []
        if self.upgrade:
            lines.append(b"Upgrade: " + self.upgrade)
        options = [line.partition(b":")[0].lower() for line in lines]
        return [*lines, b"Connection: " + b", ".join(options)] if lines else []


NAMES: Final[Names] = Names(meaning, REQUEST_NAMES, TELLING)
"""What is done with a field, or a note of it."""


def note(name: bytes) -> None:
    """Have the values of the fields of this lower-case name at hand in all requests to come: rules ask for
    them, and a search of each head would cost more than all else that they do."""
    if name not in NAMES.noted and len(NAMES.noted) < MOST_NOTED:
        NAMES.mean(name, Note(len(NAMES.noted), NAMES.meaning(name)))


def parse_request(head: bytes, limits: Limits) -> Request:
    """The request whose head, up to and including its empty line, is given."""
    if len(head) > limits.head:
        raise too_long(head, limits)
    start, fields, marks = scan(head, NAMES)
    if len(start) > limits.request_line or fields > limits.fields:
        raise too_long(head, limits)
    request = Request(head)
    request.noted = NAMES.noted
    request.method, request.target, request.minor = split_request_line(start)
    if request.noted:
        take_noted(request, marks)
    else:
        for take, line, value in marks:
            take(request, line, value)
    settle_target(request)
    settle_connection(request)
    settle_body(request)
    return request


def take_noted(request: Request, marks: list[tuple[Any, bytes, bytes]]) -> None:
    """Do with each field what it means, where some of them are noted."""
    notes = request.notes = [None] * len(request.noted)
    for mark in marks:
        take = mark[0]
        if type(take) is Note:
            note = take
            note.put(notes, mark[2])
            take = note.take
        if take is not None:
            take(request, mark[1], mark[2])


def too_long(head: bytes, limits: Limits) -> Refusal:
    """Which limit a head, or what has come of it, is over."""
    if len(head.partition(CRLF)[0]) > limits.request_line:
        return Refusal(414, Reason.TARGET_TOO_LONG, "the request line is too long")
    if len(head) > limits.head:
        return Refusal(431, Reason.HEAD_TOO_LARGE, "the head is too long")
    return Refusal(431, Reason.TOO_MANY_FIELDS, "too many header fields")


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

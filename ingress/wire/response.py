"""The head of a response, read as strictly as a request's, and said again to the client."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from ingress.model.settings import Limits
from ingress.wire.message import (
    CHUNKED,
    NOTHING_NOTED,
    UNSAID,
    UNTIL_CLOSE,
    Message,
    settle_connection,
    take_connection,
    take_cut,
    take_length,
    take_upgrade,
)
from ingress.wire.names import RESPONSE_NAMES, Names
from ingress.wire.refusal import Refusal, bad_response, malformed
from ingress.wire.scan import scan

COMMON_STATUS: Final = {
    b"HTTP/1.1 %d %b" % (status, status.phrase.encode()): status.value
    for status in HTTPStatus
    if status >= 200
}
"""Status lines as most servers write them."""

VERSIONS: Final = {b"HTTP/1.1 ": 1, b"HTTP/1.0 ": 0}

UPGRADES: Final = frozenset((101, 426))
"""Statuses that name protocols to change to (RFC 9110, 7.8)."""


class Response(Message):
    """What a server answers. Made once for each response, sent with `forward`."""

    __slots__ = ("status",)

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.cut = []
        self.options = ()
        self.length = UNSAID
        self.coding = self.start = self.upgrade = b""
        self.status = 0
        self.edits = self.found = None
        self.noted = NOTHING_NOTED

    def set_status(self, status: int, phrase: bytes = b"") -> None:
        """Answer the client with another status of the same kind of framing."""
        self.status = status
        self.start = b"HTTP/1.1 %d %b" % (status, phrase)

    def recode(self) -> None:
        """Announce a body whose length is not known yet: it follows in chunks."""
        if self.edits is None:
            self.edits = {}
        self.edits[b"content-length"] = (b"Content-Length", [])
        self.edits[b"transfer-encoding"] = (b"Transfer-Encoding", [b"chunked"])

    def forward(self, blob: bytes, chunked_ok: bool) -> bytes:
        """The head for the client: ours in `blob`, each line with its CRLF, in place of what is cut.

        Not `chunked_ok`: without Transfer-Encoding; the payload alone and the connection's end follow.
        """
        unchunk = self.coding and not chunked_ok
        if not self.start and not unchunk and not self.upgrade and self.edits is None:
            return self.spliced(blob)
        lines = self.kept()
        if unchunk:
            lines.remove(self.coding)
        if self.upgrade:
            lines += (b"Upgrade: " + self.upgrade, b"Connection: upgrade")
        return self.joined(self.edited(lines), blob)


def take_coding(response: Response, line: bytes, value: bytes) -> None:
    """Transfer-Encoding: `chunked`, once, and nothing else."""
    if response.coding or value.lower() != b"chunked":
        raise malformed("Transfer-Encoding is not `chunked`, once")
    response.coding = line


Take = Callable[[Response, bytes, bytes], None]

TAKE: Final[Mapping[bytes, Take]] = {
    b"connection": take_connection,
    b"content-length": take_length,
    b"transfer-encoding": take_coding,
    b"upgrade": take_upgrade,
    b"keep-alive": take_cut,
    b"proxy-connection": take_cut,
}

NAMES: Final = Names(TAKE.get, RESPONSE_NAMES, TAKE)


def parse_response(head: bytes, request_method: bytes, limits: Limits) -> Response:
    """The response whose head, up to and including its empty line, is given."""
    try:
        return _parse(head, request_method, limits)
    except Refusal as refusal:
        raise bad_response(refusal.detail) from None


def _parse(head: bytes, request_method: bytes, limits: Limits) -> Response:
    if len(head) > limits.head:
        raise malformed("the head is too long")
    start, fields, marks = scan(head, NAMES)
    if fields > limits.fields:
        raise malformed("too many header fields")
    response = Response(head)
    read_status_line(response, start)
    for take, line, value in marks:
        take(response, line, value)
    settle_connection(response)
    settle_body(response, request_method)
    if response.upgrade or response.status == 101:
        settle_upgrade(response)
    return response


def read_status_line(response: Response, line: bytes) -> None:
    """Version and status; the reason phrase may be anything, and its blank missing (RFC 9112, 4)."""
    common = COMMON_STATUS.get(line)
    if common is not None:
        response.status = common
        response.minor = 1
        return
    minor = VERSIONS.get(line[:9])
    status = line[9:12]
    if minor is None or not status.isdigit() or line[12:13] not in (b"", b" "):
        raise malformed("the answer does not begin with a status line")
    response.minor = minor
    response.status = int(status)
    if not 100 <= response.status <= 599:
        raise malformed("the status is not one of 100 to 599")
    if minor == 0:
        response.start = b"HTTP/1.1 " + line[9:]


def settle_body(response: Response, request_method: bytes) -> None:
    """Decide how long the body is (RFC 9112, 6.3), and refuse what could be decided in two ways."""
    status = response.status
    length = response.length
    if response.coding and (length != UNSAID or response.minor == 0):
        raise malformed("Transfer-Encoding beside Content-Length, or in HTTP/1.0")
    if status < 200 or status == 204:
        # A length of 0 is forbidden there too, but much used and read by all in one way.
        if response.coding or length > 0:
            raise malformed(f"a body on {status}")
        response.body = 0
    elif status == 304 or request_method == b"HEAD":
        response.body = 0
    elif response.coding:
        response.body = CHUNKED
    elif length != UNSAID:
        response.body = length
    else:
        response.body = UNTIL_CLOSE
        response.keep_alive = False


def settle_upgrade(response: Response) -> None:
    """Keep the protocols named by the statuses that name them; 101 without one is no answer."""
    if response.status not in UPGRADES:
        response.upgrade = b""
    elif not response.upgrade:
        raise malformed("101 without an Upgrade that Connection names")

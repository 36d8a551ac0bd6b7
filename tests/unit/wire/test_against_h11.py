"""Where a message is accepted here, h11 accepts it too, and finds its body in the same bytes."""

import h11
from h11._connection import _body_framing
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.model.reason import Reason
from ingress.model.settings import Limits
from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED, UNTIL_CLOSE
from ingress.wire.refusal import Refusal
from ingress.wire.request import parse_request
from ingress.wire.response import parse_response

LIMITS = Limits()
MANY = settings(max_examples=400, deadline=None, database=None)

STARTS = (
    b"GET / HTTP/1.1",
    b"POST /a?b HTTP/1.1",
    b"POST / HTTP/1.0",
    b"OPTIONS * HTTP/1.1",
    b"PUT http://a/ HTTP/1.1",
    b"G\xe4T / HTTP/1.1",
    b"GET  / HTTP/1.1",
    b"GET / HTTP/1.12",
)
FIELDS = (
    *(b"Host: a", b"host:b", b"Host: a ", b"Host : a", b"X-A: 1", b"X-A: \xff", b" folded", b"\tfolded", b""),
    *(b"Content-Length: 5", b"content-length:5", b"Content-Length: 05", b"Content-Length: 5, 5"),
    *(b"Content-Length: +5", b"Content-Length: 5 ", b"Content-Length:", b"Content-Length: 6"),
    *(b"Content-Length: 0x5", b"Content-Length\t: 5", b"Content_Length: 9", b"Content-Length: 5\x0b"),
    *(b"Transfer-Encoding: chunked", b"transfer-encoding:CHUNKED", b"Transfer-Encoding: gzip"),
    *(b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding:"),
    *(b"Transfer-Encoding: identity", b"Transfer-Encoding : chunked", b"Transfer-Encoding: chunked;"),
    *(b"Connection: close", b"Connection: content-length", b"Connection: transfer-encoding", b"X-A"),
)
ENDS = (b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\r\n", b"\x00\r\n")

LENGTHS = {"content-length": lambda size: size, "chunked": lambda: CHUNKED, "http/1.0": lambda: UNTIL_CLOSE}


@st.composite
def heads(draw: st.DrawFn, starts: tuple[bytes, ...]) -> bytes:
    lines = [draw(st.sampled_from(starts)), *draw(st.lists(st.sampled_from(FIELDS), max_size=5))]
    if draw(st.booleans()):
        lines.append(b"Host: a")
    head = b"".join(line + draw(st.sampled_from(ENDS)) for line in lines) + b"\r\n"
    if draw(st.integers(0, 4)):
        return head
    at, byte = draw(st.integers(0, len(head) - 3)), draw(st.integers(0, 255))
    return head[:at] + bytes([byte]) + head[at + 1 :]


@MANY
@given(heads(STARTS))
def test_a_request_that_is_accepted_has_the_body_that_h11_reads(head: bytes) -> None:
    try:
        request = parse_request(head, LIMITS)
    except Refusal:
        return
    for seen in (head, request.forward(b"X-Blob: 1\r\n")):
        connection = h11.Connection(h11.SERVER)
        connection.receive_data(seen)
        event = connection.next_event()
        assert isinstance(event, h11.Request)
        assert connection.trailing_data[0] == b""
        kind, arguments = _body_framing(event.method, event)
        assert LENGTHS[kind](*arguments) == request.body  # type: ignore[operator]


RESPONSES = (
    b"HTTP/1.1 200 OK",
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified",
    b"HTTP/1.1 200",
    b"HTTP/1.1  200 OK",
)


@MANY
@given(heads(RESPONSES), st.sampled_from((b"GET", b"HEAD")))
def test_a_response_that_is_accepted_has_the_body_that_h11_reads(head: bytes, method: bytes) -> None:
    try:
        response = parse_response(head, method, LIMITS)
    except Refusal:
        return
    for seen in (head, response.forward(b"X-Blob: 1\r\n", chunked_ok=True)):
        connection = h11.Connection(h11.CLIENT)
        connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
        connection.send(h11.EndOfMessage())
        connection.receive_data(seen)
        event = connection.next_event()
        assert isinstance(event, h11.Response)
        kind, arguments = _body_framing(method, event)
        assert LENGTHS[kind](*arguments) == response.body  # type: ignore[operator]


PIECES = (
    *(b"5\r\nhello\r\n", b"a\r\n0123456789\r\n", b"1;x=y\r\na\r\n", b"01\r\na\r\n"),
    *(b"5\nhello\r\n", b"5\r\nhello\n", b"6\r\nhello\r\n", b"0x5\r\nhello\r\n", b"+5\r\nhello\r\n", b"5"),
    *(b"\r\n", b"\n", b"\r", b"0\r\n", b"0\r\n\r\n", b"0\r\nX: 1\r\n\r\n", b"0\r\nX : 1\r\n\r\n", b"-1\r\n"),
    *(b"ffffffffffffffffff\r\n", b"1;\x00\r\na\r\n", b"1;x\ny\r\na\r\n", b"GET / HTTP/1.1\r\n\r\n"),
)


@MANY
@given(st.lists(st.sampled_from(PIECES), max_size=6), st.integers(0, 60))
def test_a_chunked_body_that_is_accepted_is_the_one_that_h11_reads(pieces: list[bytes], cut: int) -> None:
    data = b"".join(pieces) + b"0\r\n\r\n"
    try:
        payload, rest = read(ChunkReader(plain=True), data[:cut], data[cut:])
        passed, _ = read(ChunkReader(), data[:cut], data[cut:])
    except Refusal:
        return
    assert body_by_h11(data) == (payload, rest)
    assert body_by_h11(passed) == (payload, b"")


def read(reader: ChunkReader, *pieces: bytes) -> tuple[bytes, bytes]:
    """What the reader passes on of a body, and what it leaves; a body without an end is refused."""
    out = rest = b""
    for piece in pieces:
        if not reader.done:
            reader.feed(piece)
            out += reader.out
            rest = reader.rest
        else:
            rest += piece
    if not reader.done:
        raise Refusal(400, Reason.BAD_REQUEST, "no end")
    return out, rest


def body_by_h11(data: bytes) -> tuple[bytes, bytes]:
    """The payload that h11 reads, and what it leaves."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + data)
    payload = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Data):
            payload += bytes(event.data)
    return payload, connection.trailing_data[0]

"""What must hold for any bytes at all: each function raises where it does not."""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ingress.model.settings import Limits
from ingress.wire import linescan, request, response
from ingress.wire.chunks import ChunkReader
from ingress.wire.partial import check_partial, check_partial_response
from ingress.wire.refusal import Refusal
from ingress.wire.request import Request, parse_request
from ingress.wire.response import Response, parse_response
from ingress.wire.scan import scan
from tests.fuzz import model

LIMITS: Final = Limits(request_line=256, head=1024, fields=12)
"""Small ones, which short inputs reach."""
OURS: Final = b"X-Blob: 1\r\n"
HOP: Final = (b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade", b"x-forwarded-for")

Target = Callable[[bytes, int], None]
"""Takes the input, and a number that says where it is cut."""


def _head(data: bytes) -> bytes:
    """The data to the first empty line; all of it, where there is none."""
    head, end, _ = data.partition(b"\r\n\r\n")
    return head + end


def check_request(data: bytes, cut: int) -> None:
    """A head is taken or refused as the model says, whole or in pieces, and says the same to a server."""
    head = _head(data)
    expected = model.read_request(head, LIMITS)
    request = _parsed(head)
    assert _asked(request) == expected, (_asked(request), expected)
    if request is None or expected is None:
        return
    check_partial(head[: cut % len(head)], LIMITS)
    sent = request.forward(OURS)
    again = model.read_request(sent, Limits())
    assert again is not None, sent
    assert again[:5] == expected[:5], sent
    _check_hop(sent, len(request.upgrade) + request.te_trailers)


def _parsed(head: bytes) -> Request | None:
    try:
        return parse_request(head, LIMITS)
    except Refusal:
        return None


def _asked(request: Request | None) -> model.Asked | None:
    if request is None:
        return None
    return model.Asked(
        request.method, request.host, request.path, request.query, request.body, request.keep_alive
    )


def _check_hop(sent: bytes, asked: int) -> None:
    """Nothing that is for one hop goes on, but for what is asked of the next one too."""
    names = [line.partition(b":")[0].lower() for line in sent.split(b"\r\n")[1:-2]]
    left = [name for name in names if name in HOP]
    assert len(left) <= (0 if not asked else 3), sent
    assert names.count(b"x-blob") >= 1, sent


METHODS: Final = (b"GET", b"HEAD")


def check_response(data: bytes, cut: int) -> None:
    """The same for an answer."""
    head = _head(data)
    method = METHODS[cut & 1]
    expected = model.read_response(head, method, LIMITS)
    response = _parsed_response(head, method)
    found = None if response is None else _answered(response)
    assert found == expected, (found, expected)
    if response is None or expected is None:
        return
    check_partial_response(head[: cut % len(head)], LIMITS)
    sent = response.forward(OURS, chunked_ok=True)
    again = model.read_response(sent, method, Limits())
    assert again is not None, sent
    assert again[:2] == expected[:2], sent


def _parsed_response(head: bytes, method: bytes) -> Response | None:
    try:
        return parse_response(head, method, LIMITS)
    except Refusal:
        return None


def _answered(response: Response) -> model.Answered:
    return model.Answered(response.status, response.body, response.keep_alive)


def check_chunks(data: bytes, cut: int) -> None:
    """A body is taken or refused as the model says, cut or not; what is passed on is read in one way."""
    expected = model.read_chunks(data)
    at = cut % (len(data) + 1)
    for pieces in ((data,), (data[:at], data[at:])):
        assert _read(ChunkReader(plain=True), pieces) == expected, (pieces, expected)
        passed = _read(ChunkReader(), pieces)
        if expected is None or passed is None:
            assert passed is None, pieces
        else:
            assert model.read_chunks(passed[0]) == (expected[0], b""), passed
            assert passed[1] == expected[1], passed


def _read(reader: ChunkReader, pieces: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """What is passed on of a body, and what follows it; None: it is refused, or not whole."""
    out = rest = b""
    try:
        for piece in pieces:
            if reader.done:
                rest += piece
                continue
            reader.feed(piece)
            out += reader.out
            rest = reader.rest
    except Refusal:
        return None
    return (out, rest) if reader.done else None


TABLES: Final = (request.NAMES, response.NAMES)


def check_scan(data: bytes, cut: int) -> None:
    """Both forms of the scan of a head say the same, of requests and of answers."""
    names = TABLES[cut & 1]
    for head in (_head(data), data):
        assert _scanned(scan, head, names) == _scanned(linescan.scan, head, names), head


def _scanned(form: Callable[[bytes, Any], Any], head: bytes, names: Any) -> Any:
    try:
        return form(head, names)
    except Refusal as refusal:
        return refusal.status, refusal.reason, refusal.detail


TARGETS: Final[Mapping[str, Target]] = {
    "request": check_request,
    "response": check_response,
    "chunks": check_chunks,
    # Where nothing is compiled, there is one form of it.
    **({"scan": check_scan} if importlib.util.find_spec("ingress.wire.bytescan") else {}),
}

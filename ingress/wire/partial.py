"""Heads of which only a part has come: can they still become good ones?"""

from ingress.model.settings import Limits
from ingress.wire.grammar import CRLF, TEXT, TOKEN
from ingress.wire.refusal import bad_response, malformed
from ingress.wire.request import too_long
from ingress.wire.target import split_request_line


def check_partial(data: bytes, limits: Limits) -> None:
    """Refuse the beginning of a request whose head can no longer become a good one.

    An empty line before it is passed over (RFC 9112, 2.2).
    """
    data = data.removeprefix(CRLF)
    if data in (b"", b"\r"):
        return
    if data[0] not in TOKEN:
        raise malformed("the request does not begin with a method")
    line, end, _ = data.partition(CRLF)
    if not end:
        line = line.removesuffix(b"\r")
    if len(data) > limits.head or len(line) > limits.request_line:
        raise too_long(data, limits)
    if _is_broken(data) or b"\t" in line:
        raise malformed("a control byte, or a line that does not end with CRLF")
    if end:
        split_request_line(line)
    if data.count(CRLF) > limits.fields + 1:
        raise too_long(data, limits)


def check_partial_response(data: bytes, limits: Limits) -> None:
    """Refuse the beginning of a response whose head can no longer become a good one."""
    if data[:7] != b"HTTP/1."[: len(data)]:
        raise bad_response("the answer does not begin with a status line")
    if len(data) > limits.head or data.count(CRLF) > limits.fields + 1:
        raise bad_response("the head is too long")
    if _is_broken(data):
        raise bad_response("a control byte, or a line that does not end with CRLF")


def _is_broken(data: bytes) -> bool:
    """Whether there is a control byte, or a CR or LF outside of a CRLF but for a CR at the very end."""
    complete = data.removesuffix(b"\r")
    return complete.translate(None, TEXT) != CRLF * complete.count(CRLF)

"""Trailers of requests: which of them go on to the server (RFC 9110, 6.5.1)."""

from collections.abc import Sequence

from ingress.wire.grammar import CRLF, field_name
from ingress.wire.request import Request
from ingress.wire.request_fields import meaning


def end_of_body(lines: Sequence[bytes], request: Request) -> bytes:
    """What follows the last chunk: those of the trailer lines that may go on, and the empty line.

    Some servers put trailers among the fields of the head. So a field that means something to us, that
    Connection names, or that a rule has set or taken away, may not come in by this door.
    """
    return b"".join(line + CRLF for line in lines if _may_pass(field_name(line), request)) + CRLF


def _may_pass(name: bytes, request: Request) -> bool:
    if meaning(name) is not None or name in request.options:
        return False
    edits = request.edits
    dashed = name.replace(b"_", b"-")
    return edits is None or not any(edited.replace(b"_", b"-") == dashed for edited in edits)

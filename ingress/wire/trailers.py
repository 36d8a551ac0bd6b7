"""Trailers: which of them go on to the other side (RFC 9110, 6.5.1)."""

from collections.abc import Sequence

from ingress.wire.grammar import CRLF, field_name
from ingress.wire.message import Message
from ingress.wire.request import Request
from ingress.wire.request_fields import meaning


def end_of_body(lines: Sequence[bytes], message: Message) -> bytes:
    """What follows the last chunk: those of the trailer lines that may go on, and the empty line.

    Some put trailers among the fields of the head. So a field that Connection names, that a rule has set
    or taken away, or that means something to us in a request, may not come in by this door.
    """
    return b"".join(line + CRLF for line in lines if _may_pass(field_name(line), message)) + CRLF


def passed_on(piece: bytes, lines: Sequence[bytes], message: Message) -> bytes:
    """The last piece of a body, which ends with these trailer lines, with those alone that may go on."""
    came = b"".join(line + CRLF for line in lines) + CRLF
    return piece.removesuffix(came) + end_of_body(lines, message)


def _may_pass(name: bytes, message: Message) -> bool:
    if name in message.options or (isinstance(message, Request) and meaning(name) is not None):
        return False
    edits = message.edits
    dashed = name.replace(b"_", b"-")
    return edits is None or not any(edited.replace(b"_", b"-") == dashed for edited in edits)

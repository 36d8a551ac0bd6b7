"""The bytes that HTTP/1 allows in each place (RFC 9110, 5.6; RFC 9112; RFC 3986)."""

from typing import Final

CRLF: Final = b"\r\n"
HEAD_END: Final = b"\r\n\r\n"
BLANKS: Final = b" \t"

ALPHANUMERIC: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN: Final = ALPHANUMERIC + b"!#$%&'*+-.^_`|~"
HEX: Final = b"0123456789ABCDEFabcdef"

TEXT: Final = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
"""What a line may consist of: no control byte but the tab; obs-text passes."""


def table(allowed: bytes) -> bytes:
    """A table for `bytes.translate` under which only words of allowed bytes stay as they are."""
    # For short words this is a third of the cost of deleting what is allowed and looking what is left.
    # What is not allowed becomes a NUL, and a NUL something else.
    return bytes(byte if byte in allowed else not byte for byte in range(256))


ONLY_TOKEN: Final = table(TOKEN)


def is_token(word: bytes) -> bool:
    """Whether a word may be a method, a field name or a connection option."""
    return bool(word) and word.translate(ONLY_TOKEN) == word


def field_name(line: bytes) -> bytes:
    """The lower-case name of a field line."""
    return line.partition(b":")[0].lower()

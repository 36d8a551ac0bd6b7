"""The keys of session tickets, which all workers share."""

from typing import Final

from msgspec import Struct

KEY: Final = 80
"""Bytes of a key: its name, which is public (16), one for HMAC-SHA-256 (32), one for AES-256 (32)."""
NAME: Final = 16


class TicketKeys(Struct, frozen=True, tag="ticket-keys", omit_defaults=True):
    """The key that tickets are sealed with, and the one before it, which still opens them."""

    current: bytes
    previous: bytes = b""
    """Empty: there is none yet."""

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return "TicketKeys(...)"

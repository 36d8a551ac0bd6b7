"""What the kernel knows of a connection and its transport does not tell, and how it is told to end one."""

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Final, cast

from ingress.net.calls import forget, receive
from ingress.net.stream import asked
from ingress.net.transport import Transport

LAST_WORDS: Final = 256 * 1024
"""Bytes that are read of a connection that the server has reset."""

BYTES_ACKED: Final = struct.Struct("=Q")
BYTES_ACKED_AT: Final = 120
UNACKED: Final = struct.Struct("=I")
UNACKED_AT: Final = 24
RETRANSMITS_AT: Final = 2
BYTES_SENT: Final = struct.Struct("=QQ")
BYTES_SENT_AT: Final = 200
"""Offsets in `struct tcp_info` (linux/tcp.h): tcpi_bytes_acked, tcpi_unacked, tcpi_retransmits, and
tcpi_bytes_sent with tcpi_bytes_retrans behind it."""
STALLED: Final = 3
"""Retransmissions in a row, none acknowledged, after which a server counts as unreachable."""


def acknowledged(transport: Transport) -> int:
    """Bytes that the server's kernel has acknowledged so far, the SYN among them; -1: nobody can say."""
    info = _tcp_info(transport)
    return BYTES_ACKED.unpack_from(info, BYTES_ACKED_AT)[0] if len(info) >= BYTES_ACKED_AT + 8 else -1


def has_sent(transport: Transport, most: int) -> bool:
    """Whether more than so many bytes have ever been sent, or nobody can say."""
    info = _tcp_info(transport)
    if len(info) < BYTES_SENT_AT + BYTES_SENT.size:
        return True
    sent, again = BYTES_SENT.unpack_from(info, BYTES_SENT_AT)
    return bool(sent - again > most)


def stalled(transport: Transport) -> bool:
    """Whether the server's host does not even acknowledge what it is sent."""
    info = _tcp_info(transport)
    return bool(info) and info[RETRANSMITS_AT] >= STALLED and UNACKED.unpack_from(info, UNACKED_AT)[0] > 0


def last_words(transport: Transport) -> Iterator[bytes]:
    """What a server said before it reset the connection, where that can still be read."""
    if transport.get_extra_info("tls_engine") is not None:
        return
    left = LAST_WORDS
    with contextlib.suppress(OSError):
        while left > 0 and (data := receive(transport.fileno())):
            left -= len(data)
            yield data


def end_in_reset(transport: Transport) -> None:
    """Have a connection end so that nobody can take that for the end of a message."""
    with contextlib.suppress(OSError, ValueError):
        forget(transport.fileno())


def _tcp_info(transport: Transport) -> bytes:
    try:
        return cast(bytes, asked(transport.fileno(), _info))
    except (OSError, ValueError):
        return b""


def _info(own: socket.socket) -> bytes:
    return own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)

"""What a connection looks like to who uses it, and the other way round: the part of asyncio's transports
and protocols that is needed."""

from typing import Any, Protocol


class User(Protocol):
    """Who is told what happens on a connection (`asyncio.Protocol`)."""

    def connection_made(self, transport: "Transport") -> None:
        """It is there."""

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""

    def eof_received(self) -> bool:
        """The peer sends no more: True if it may still be sent to, else the connection is closed."""

    def connection_lost(self, error: Exception | None) -> None:
        """It is gone; None: we have ended it."""

    def pause_writing(self) -> None:
        """More than enough waits to be sent."""

    def resume_writing(self) -> None:
        """What waits is little again."""


class Transport(Protocol):
    """A connection (`asyncio.Transport`)."""

    def write(self, data: bytes) -> None:
        """Send bytes; nothing is sent on a connection that is ended or closed."""

    def write_last(self, data: bytes) -> None:
        """Send bytes, and close behind them."""

    def write_eof(self) -> None:
        """Send no more behind what waits; what the peer still sends is read."""

    def close(self) -> None:
        """Send what waits, and close."""

    def abort(self) -> None:
        """Close at once."""

    def reset(self) -> None:
        """Close at once, and leave nothing behind in the kernel."""

    def is_closing(self) -> bool:
        """It is closed, or will be."""

    def pause_reading(self) -> None:
        """Receive nothing for now."""

    def resume_reading(self) -> None:
        """Receive again."""

    def set_protocol(self, protocol: Any) -> None:
        """Somebody else is told from now on."""

    def get_write_buffer_size(self) -> int:
        """Bytes that wait to be sent."""

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """How many bytes are more than enough, and how many are little again."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`peername`, `sockname`: both ends, as (address, port, ...); and what else it knows."""

    def fileno(self) -> int:
        """The descriptor of its socket; -1: it is closed."""

"""A TLS connection: a protocol towards the TCP transport, and a transport towards who reads plain bytes."""

import asyncio
import ssl
from typing import Any

from ingress.net.transport import Transport
from ingress.proxy.tls.engine import Engine
from ingress.proxy.tls.session import TlsSession


class TlsConnection:
    """What both sides have in common, once there is an engine."""

    __slots__ = (
        "_closing",
        "_engine",
        "_finished",
        "_paused",
        "_protocol",
        "_shut",
        "_tcp",
        "session",
    )

    _tcp: Transport
    _engine: Engine

    def __init__(self) -> None:
        self._protocol: Any = None
        """Who reads the plain bytes; None as long as the handshake lasts."""
        self.session: TlsSession | None = None
        self._paused = False
        self._closing = False
        self._shut = False
        """We have said that we send no more."""
        self._finished = False
        """The peer has."""

    def _shake_hands(self, data: bytes) -> bool:
        """Go on with the handshake; True when it is complete. ssl.SSLError: it has failed."""
        engine = self._engine
        engine.feed(data)
        try:
            return engine.shake_hands()
        finally:
            # An alert that says why it has failed goes out as well; a session ticket does at once, lest the
            # client waits for the acknowledgement that it carries before it sends its request.
            self._flush()

    # Towards TCP: what it calls.

    def pause_writing(self) -> None:
        """The peer takes less than it is sent."""
        if self._protocol is not None:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """The peer has caught up."""
        if self._protocol is not None:
            self._protocol.resume_writing()

    def _decrypt(self, data: bytes) -> None:
        """Take bytes of the peer in, and give on what they say."""
        self._engine.feed(data)
        self._deliver()

    def _deliver(self) -> None:
        engine = self._engine
        while not self._paused:
            try:
                data = engine.unseal()
            except ssl.SSLError:
                # Bytes that are not what the peer has sealed: nothing on this connection can be believed.
                self._flush()
                self.abort()
                return
            if data is None:
                break
            if not data:
                self._peer_finished()
                break
            self._protocol.data_received(data)
            if not engine.pending:
                break
        self._flush()

    def _peer_finished(self) -> None:
        if not self._finished:
            self._finished = True
            if not self._protocol.eof_received():
                self.close()

    def eof_received(self) -> bool:
        """The peer's TCP has ended, whether it has said so before or not. HTTP knows what is whole."""
        if self._protocol is None:
            return False
        if not self._finished:
            self._finished = True
            return bool(self._protocol.eof_received()) and not self._closing
        return not self._closing

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is gone."""
        self._closing = True
        # It holds the connection too: one of both has to let go, or the collector has to find them.
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(error)

    def _flush(self) -> None:
        data = self._engine.take()
        if data:
            self._tcp.write(data)

    # Towards who reads plain bytes: a transport.

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if not self._shut and not self._closing and data:
            self._tcp.write(self._engine.seal(data))

    def write_last(self, data: bytes) -> None:
        """Send bytes, and close behind them: one call to the kernel for both."""
        if self._shut or self._closing:
            self.close()
            return
        self._closing = self._shut = True
        sealed = self._engine.seal(data) if data else b""
        self._tcp.write_last(sealed + self._engine.say_goodbye())

    def write_eof(self) -> None:
        """Send no more (RFC 8446, 6.1); what the peer still sends is read."""
        self._say_goodbye()
        self._tcp.write_eof()

    def close(self) -> None:
        """Send what there is, say that this is all, and close."""
        if not self._closing:
            self._closing = True
            self._say_goodbye()
            self._tcp.close()

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._tcp.abort()

    def reset(self) -> None:
        """Close. A peer may take an end without a goodbye for an attack (RFC 8446, 6.1), so it gets one."""
        self.close()

    def _say_goodbye(self) -> None:
        if not self._shut:
            self._shut = True
            self._tcp.write(self._engine.say_goodbye())

    def is_closing(self) -> bool:
        """Nothing more is sent or read."""
        return self._closing or self._tcp.is_closing()

    def pause_reading(self) -> None:
        """Give no more on for now."""
        self._paused = True
        self._tcp.pause_reading()

    def resume_reading(self) -> None:
        """Go on, first with what is here already."""
        self._paused = False
        if self._engine.pending:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._tcp.resume_reading()

    def _go_on(self) -> None:
        if not self._paused and not self.is_closing() and self._engine.pending:
            self._deliver()

    def set_protocol(self, protocol: Any) -> None:
        """Somebody else reads from now on."""
        self._protocol = protocol

    def get_write_buffer_size(self) -> int:
        """Bytes that the system has not taken yet."""
        return self._tcp.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        """When the peer counts as slow."""
        self._tcp.set_write_buffer_limits(high, low)

    def fileno(self) -> int:
        """The descriptor of its socket; -1: it is closed."""
        return self._tcp.fileno()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """What is known of the connection: that of TCP, `tls_engine`, and `tls_session`."""
        if name == "tls_session":
            return self.session
        if name == "tls_engine":
            return self._engine
        return self._tcp.get_extra_info(name, default)

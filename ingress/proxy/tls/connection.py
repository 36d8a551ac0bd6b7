"""A TLS connection: a protocol towards the TCP transport, and a transport towards who reads plain bytes.

The library works on two buffers in memory. In measurements this costs less CPU and less than half of the
memory of the event loop's own TLS, and the certificate is chosen before there is a TLS object at all.
"""

import asyncio
import ssl
from typing import Any, Final

from ingress.net.transport import Transport
from ingress.proxy.tls.session import TlsSession

RECORD: Final = 16 * 1024
"""The most plain bytes of one record (RFC 8446, 5.1). Buffers keep the size that they once had, so no
more than this is put through them at once."""


class TlsConnection:
    """What both sides have in common, once there is a TLS object."""

    __slots__ = (
        "_closing",
        "_finished",
        "_incoming",
        "_outgoing",
        "_paused",
        "_protocol",
        "_seal",
        "_shut",
        "_ssl",
        "_tcp",
        "_unseal",
        "session",
    )

    _tcp: Transport
    _ssl: ssl.SSLObject

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

    def _begin(
        self,
        context: ssl.SSLContext,
        server_side: bool,
        name: str | None = None,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side, name, session)
        # Behind the object of the ssl module, whose methods only hand on.
        engine = getattr(self._ssl, "_sslobj", self._ssl)
        self._unseal = engine.read
        self._seal = engine.write

    def _shake_hands(self, data: bytes) -> bool:
        """Go on with the handshake; True when it is complete. ssl.SSLError: it has failed."""
        if data:
            self._incoming.write(data)
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            # An alert that says why it has failed goes out as well; a session ticket does at once, lest the
            # client waits for the acknowledgement that it carries before it sends its request.
            self._flush()
        return True

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
        if len(data) <= RECORD:
            self._incoming.write(data)
            self._deliver()
            return
        for at in range(0, len(data), RECORD):
            self._incoming.write(data[at : at + RECORD])
            self._deliver()

    def _deliver(self) -> None:
        incoming = self._incoming
        while not self._paused:
            try:
                data = self._unseal(RECORD)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLError:
                # Bytes that are not what the peer has sealed: nothing on this connection can be believed.
                self._flush()
                self.abort()
                return
            if not data:
                self._peer_finished()
                break
            self._protocol.data_received(data)
            if not incoming.pending:
                break
        if self._outgoing.pending:
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
        if self._protocol is not None:
            self._protocol.connection_lost(error)

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._tcp.write(data)

    # Towards who reads plain bytes: a transport.

    def write(self, data: Any) -> None:
        """Send bytes."""
        if self._shut or self._closing or not data:
            return
        if len(data) <= RECORD:
            self._seal(data)
            self._tcp.write(self._outgoing.read())
            return
        sealed = []
        view = memoryview(data)
        for at in range(0, len(view), RECORD):
            self._seal(view[at : at + RECORD])
            sealed.append(self._outgoing.read())
        self._tcp.write(b"".join(sealed))

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
        if self._shut:
            return
        self._shut = True
        # The peer's own goodbye is not waited for.
        try:  # noqa: SIM105, as it costs less
            self._ssl.unwrap()
        except ssl.SSLError:
            pass
        self._flush()

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
        if self._incoming.pending:
            asyncio.get_running_loop().call_soon(self._go_on)
        self._tcp.resume_reading()

    def _go_on(self) -> None:
        if not self._paused and not self.is_closing() and self._incoming.pending:
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
        """What is known of the connection: that of TCP, `ssl_object`, and `tls_session`."""
        if name == "tls_session":
            return self.session
        if name == "ssl_object":
            return self._ssl
        return self._tcp.get_extra_info(name, default)

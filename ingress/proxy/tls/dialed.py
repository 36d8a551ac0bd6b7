"""A TLS connection to a server."""

import ssl
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

from ingress.net.transport import Transport
from ingress.proxy.tls.connection import TlsConnection
from ingress.proxy.tls.engine import Engine

MOST_SESSIONS: Final = 256
"""Sessions that are kept of one context, those used last."""

Done = Callable[[OSError | None], None]
"""What is told that the handshake is complete, or why there is none."""


class ServerContext:
    """A context, and the sessions that servers have given it."""

    __slots__ = ("context", "sessions")

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context
        self.sessions: OrderedDict[tuple[str, str], ssl.SSLSession] = OrderedDict()
        """By address and name of the server."""

    def keep(self, server: tuple[str, str], session: ssl.SSLSession | None) -> None:
        """Come back to this server with its session."""
        if session is None or not session.has_ticket:
            return
        self.sessions[server] = session
        self.sessions.move_to_end(server)
        if len(self.sessions) > MOST_SESSIONS:
            self.sessions.popitem(last=False)


class Dialed(TlsConnection):
    """From the connect to the last byte. Who uses it learns of it when its handshake is complete."""

    __slots__ = ("_done", "_server", "_user", "acknowledged_before", "is_connected", "resumed", "secured")

    def __init__(self, user: Any, context: ServerContext, address: str, name: str, done: Done) -> None:
        """`user` reads the plain bytes; `name` is what the server has to be called in its certificate. `done`
        is told at once, so that whatever comes behind the handshake finds a user who waits for it."""
        super().__init__()
        self._user = user
        self._done: Done | None = done
        """None: it has been told."""
        self._server = (address, name)
        self.secured = (context, name)
        """What has to be the same for a request that is to go over this connection."""
        self.is_connected = False
        """TCP is there."""
        self.resumed = False
        """By a session of before."""
        self.acknowledged_before = -1
        """Bytes that the server's kernel had acknowledged when the present request came; -1: nobody can say.
        What is sealed is longer than what was to be sent, so that this cannot be told from the latter."""

    def connection_made(self, transport: Transport) -> None:
        """TCP is there: begin the handshake."""
        self._tcp = transport
        self.is_connected = True
        context, name = self.secured
        try:
            session = context.sessions.get(self._server)
            self._engine = Engine(context.context, False, name, session)
        except ValueError as error:
            self._fail(OSError(f'no server can be called "{name[:80]}": {error}'))
            return
        self._greet(b"")

    def data_received(self, data: bytes) -> None:
        """Bytes of the server."""
        if self._protocol is not None:
            self._decrypt(data)
        elif not self._closing:
            self._greet(data)

    def _greet(self, data: bytes) -> None:
        try:
            complete = self._shake_hands(data)
        except ssl.SSLError as error:
            self._fail(error)
            return
        if complete:
            self._enter()

    def _enter(self) -> None:
        self.resumed = self._engine.resumed
        self._protocol = self._user
        self._protocol.connection_made(self)
        self._tell(None)
        if self._engine.pending:
            self._deliver()

    def _fail(self, error: OSError) -> None:
        self._closing = True
        self._tcp.abort()
        self._tell(error)

    def _tell(self, error: OSError | None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(error)

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is gone."""
        if self._protocol is not None:
            # In TLS 1.3 it comes behind the handshake, so that it is there at the end at the latest.
            self.secured[0].keep(self._server, self._engine.connection.session)
        self._tell(ConnectionResetError("closed in the middle of the handshake"))
        self._user = None
        super().connection_lost(error)

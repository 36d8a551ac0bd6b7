"""A TLS connection of a client: what it says first decides which certificate it gets."""

import ssl
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ingress.model.listener import TcpRoute
from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.proxy.tcp import TcpClient, named_target
from ingress.proxy.tls.connection import TlsConnection
from ingress.proxy.tls.hosts import Choice
from ingress.proxy.tls.session import TlsSession
from ingress.wire.client_hello import HANDSHAKE, HelloError, HelloReader
from ingress.wire.proxy_protocol import Ends

if TYPE_CHECKING:
    from ingress.proxy.server_names import ServerNames
    from ingress.proxy.site import Site

UNKNOWN_NAME: Final = b"\x15\x03\x03\x00\x02\x02\x70"
"""The alert "unrecognized_name" (RFC 6066, 3)."""
PLAIN: Final = (
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 52\r\nX-Headgate-Reason: bad-request\r\n\r\n"
    b"this port speaks HTTPS; the request came over HTTP.\n"
)


class Accepted(TlsConnection):
    """From the first byte to the last. It waits in `site.handshakes` until its handshake is complete."""

    __slots__ = ("_choice", "_hello", "_made", "_name", "_names", "_site", "_told", "deadline")

    def __init__(
        self,
        site: "Site",
        made: Callable[[], Any],
        told: Ends | None = None,
        names: "ServerNames | None" = None,
    ) -> None:
        """`made` makes who reads the plain bytes; but connections that ask for one of `names` are relayed.
        `told`: whose connection it is, by what a proxy in front says."""
        super().__init__()
        self._site = site
        self._made = made
        self._told = told
        self._names = names
        self._hello = HelloReader()
        self._name = ""
        self._choice: Choice | None = None
        self.deadline = 0

    def connection_made(self, transport: Transport) -> None:
        """Accepted: its time for the handshake begins."""
        self._tcp = transport
        site = self._site
        self.deadline = site.tick + int(site.limits.timeout_request) + 1
        site.handshakes.add(self)
        if len(site.handshakes) + len(site.clients) > site.room.clients:
            self._tcp.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._protocol is not None:
            self._decrypt(data)
        elif self._choice is not None:
            self._greet(data)
        elif not self._closing:
            self._read_hello(data)

    def _read_hello(self, data: bytes) -> None:
        try:
            hello = self._hello.feed(data)
        except HelloError:
            first = self._hello.data[:1]
            self._refuse(PLAIN if first[0] != HANDSHAKE and first.isalpha() else b"")
            return
        if hello is None:
            return
        data = self._hello.take()
        self._name = hello.name
        if self._names is not None:
            route = self._names.find(hello.name)
            if route is not None and self._relay(route, data):
                return
        self._choice = self._site.tls.choose(hello)
        if self._choice is None:
            self._refuse(UNKNOWN_NAME)
            return
        self._engine = self._choice.begin()
        self._greet(data)

    def _relay(self, route: TcpRoute, data: bytes) -> bool:
        """Have a server speak with the client; whether it does from here on, and TLS does not end first."""
        site = self._site
        made = partial(TcpClient, site, named_target(site, route, self._name), self._told)
        if route.ended:
            self._made = made
            return False
        site.handshakes.discard(self)
        client = made()
        self._tcp.set_protocol(client)
        client.connection_made(self._tcp)
        client.data_received(data)
        return True

    def _greet(self, data: bytes) -> None:
        try:
            complete = self._shake_hands(data)
        except ssl.SSLError:
            self._refuse(b"")
            return
        if complete and self._choice is not None:
            self._enter(self._choice)

    def _enter(self, choice: Choice) -> None:
        site = self._site
        site.handshakes.discard(self)
        site.count(WorkerCell.TLS_HANDSHAKES_TOTAL)
        if self._engine.resumed:
            site.count(WorkerCell.TLS_RESUMED_TOTAL)
        self.session = TlsSession(self._engine, self._name, choice.authority)
        self._protocol = self._made()
        self._protocol.connection_made(self)
        if self._engine.pending:
            self._deliver()

    def _refuse(self, answer: bytes) -> None:
        self._site.count(WorkerCell.TLS_FAILED_TOTAL)
        self._closing = True
        if answer:
            self._tcp.write(answer)
        self._tcp.close()

    def expired(self) -> None:
        """The handshake has taken too long."""
        self._site.count(WorkerCell.TLS_FAILED_TOTAL)
        self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """TCP is gone."""
        self._site.handshakes.discard(self)
        super().connection_lost(error)

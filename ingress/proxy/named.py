"""Connections to a TCP port where the name that a client asks for (SNI) decides who gets them."""

from functools import partial
from typing import Any

from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.proxy.server_names import ServerNames
from ingress.proxy.site import Site
from ingress.proxy.tcp import TcpClient, TcpTarget, named_target
from ingress.proxy.tls.accepted import UNKNOWN_NAME, Accepted
from ingress.wire.client_hello import HelloError, HelloReader
from ingress.wire.proxy_protocol import Ends


class Named:
    """An accepted connection until it is known whose it is, an `asyncio.Protocol` in all but name.

    One that asks for no name of a route belongs to who has the port, and so does one that is not TLS.
    """

    __slots__ = ("_hello", "_names", "_others", "_site", "_told", "_transport", "deadline")

    _transport: Transport

    def __init__(
        self, site: Site, names: ServerNames, others: TcpTarget | None, told: Ends | None = None
    ) -> None:
        """`others`: who gets what belongs to no name; None: nobody does. `told`: whose connection it is, by
        what a proxy in front says."""
        self._site = site
        self._names = names
        self._others = others
        self._told = told
        self._hello = HelloReader()
        self.deadline = 0

    def connection_made(self, transport: Transport) -> None:
        """Accepted: the client's time to say a name begins."""
        self._transport = transport
        site = self._site
        self.deadline = site.tick + int(site.limits.timeout_request) + 1
        site.handshakes.add(self)
        if len(site.handshakes) + len(site.relays) > site.room.clients:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the ClientHello, or of something else."""
        try:
            hello = self._hello.feed(data)
        except HelloError:
            self._give_to_others(b"")
            return
        if hello is None:
            return
        route = self._names.find(hello.name)
        if route is None:
            self._give_to_others(UNKNOWN_NAME)
            return
        make = partial(TcpClient, self._site, named_target(self._site, route, hello.name), self._told)
        self._hand_over(Accepted(self._site, make) if route.ended else make())

    def _give_to_others(self, refusal: bytes) -> None:
        """Who has the port gets it; if nobody does, the client is refused."""
        if self._others is not None:
            self._hand_over(TcpClient(self._site, self._others, self._told))
            return
        self._site.count(WorkerCell.TLS_FAILED_TOTAL)
        if refusal:
            self._transport.write(refusal)
        self._transport.close()

    def _hand_over(self, user: Any) -> None:
        transport, early = self._transport, self._hello.data
        self._site.handshakes.discard(self)
        transport.set_protocol(user)
        user.connection_made(transport)
        if early:
            user.data_received(early)

    def expired(self) -> None:
        """It has said nothing, or not all, in time: as one does that waits for its server to speak first."""
        if self._others is not None and not self._hello.data:
            self._hand_over(TcpClient(self._site, self._others, self._told))
        else:
            self._site.count(WorkerCell.TLS_FAILED_TOTAL)
            self._transport.abort()

    def eof_received(self) -> bool:
        """It will never be known."""
        return False

    def pause_writing(self) -> None:
        """Nothing is written."""

    def resume_writing(self) -> None:
        """Nothing is written."""

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self._site.handshakes.discard(self)

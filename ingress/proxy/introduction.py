"""Whose connection it is: told by a proxy in front before anything else, or told to a server."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from socket import AF_INET, AF_INET6, inet_pton
from typing import TYPE_CHECKING, Any, Final, Protocol

from ingress.model.backend import BackendSettings, ProxyHeader
from ingress.net.transport import Transport
from ingress.observe.page import WorkerCell
from ingress.wire.proxy_protocol import Ends, HeaderError, binary_header, line_header, read_header

if TYPE_CHECKING:
    from ingress.proxy.site import Site

Network = IPv4Network | IPv6Network
Made = Callable[[Ends | None], Any]
"""What makes the protocol of a connection that is somebody else's; None: it is what it seems."""
UNKNOWN: Final = ("0.0.0.0", 0)
WRITE: Final = {ProxyHeader.V1: line_header, ProxyHeader.V2: binary_header}


def packed(text: str) -> bytes:
    """The bytes of an IP literal."""
    return inet_pton(AF_INET6 if ":" in text else AF_INET, text)


class Client(Protocol):
    """Whose connection it is."""

    @property
    def transport(self) -> Transport | None:
        """Its connection; None: there is none any more."""

    @property
    def told(self) -> Ends | None:
        """Both ends, as a proxy in front has told; None: as they are."""


def ends_of(transport: Transport, told: Ends | None) -> Ends:
    """Both ends of a client's connection, as its proxy has told or else as they are."""
    return Ends(source_of(transport, None), _end(transport, "sockname")) if told is None else told


def source_of(transport: Transport, told: Ends | None) -> tuple[str, int]:
    """The client's own end."""
    return _end(transport, "peername") if told is None else told.source


def _end(transport: Transport, which: str) -> tuple[str, int]:
    name = transport.get_extra_info(which)
    if not name:
        return UNKNOWN
    text, port = name[0], name[1]
    # An IPv4 address of a socket of both kinds; and one of IPv6 without its zone.
    return (text.removeprefix("::ffff:").partition("%")[0] if ":" in text else text), port


def introducing(settings: BackendSettings, client: Client | None, protocol: Any) -> Any:
    """What a connection to a server is opened with, so that it begins as that wants, on behalf of a client or
    of nobody, and is the protocol's from then on."""
    write = WRITE.get(settings.send_proxy)
    if write is None:
        return protocol
    transport = None if client is None else client.transport
    told = None if client is None else client.told
    return Preface(write(None if transport is None else ends_of(transport, told)), protocol)


class Preface:
    """The first bytes of a connection to a server, before TLS too."""

    __slots__ = ("_data", "_protocol")

    def __init__(self, data: bytes, protocol: Any) -> None:
        self._data = data
        self._protocol = protocol

    def connection_made(self, transport: Transport) -> None:
        """Say it, and hand the connection over."""
        transport.write(self._data)
        transport.set_protocol(self._protocol)
        self._protocol.connection_made(transport)


class Introduction:
    """An accepted connection until it is known whose it is, an `asyncio.Protocol` in all but name.

    Those of proxies have to begin with a PROXY header; all others are handed over at once, and could not
    pass for anybody else.
    """

    __slots__ = ("_early", "_made", "_proxies", "_site", "_transport", "deadline")

    _transport: Transport

    def __init__(self, site: "Site", proxies: Sequence[Network], made: Made) -> None:
        self._site = site
        self._proxies = proxies
        self._made = made
        self._early = b""
        self.deadline = 0

    def connection_made(self, transport: Transport) -> None:
        """Accepted: a proxy's time to say whose it is begins."""
        self._transport = transport
        peer = ip_address(source_of(transport, None)[0])
        if not any(peer in network for network in self._proxies):
            self._hand_over(None)
            return
        site = self._site
        self.deadline = site.tick + int(site.limits.timeout_request) + 1
        site.handshakes.add(self)
        if len(site.handshakes) + len(site.clients) > site.room.clients:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Bytes of the header, and perhaps of what follows it."""
        self._early += data
        try:
            header = read_header(self._early)
        except HeaderError:
            self.expired()
            return
        if header is None:
            return
        self._site.handshakes.discard(self)
        protocol = self._hand_over(header.ends)
        if header.rest:
            protocol.data_received(header.rest)

    def _hand_over(self, ends: Ends | None) -> Any:
        protocol = self._made(ends)
        self._transport.set_protocol(protocol)
        protocol.connection_made(self._transport)
        return protocol

    def eof_received(self) -> bool:
        """It will never be known."""
        return False

    def pause_writing(self) -> None:
        """Nothing is written."""

    def resume_writing(self) -> None:
        """Nothing is written."""

    def expired(self) -> None:
        """The header has not come in time, or is none."""
        self._site.count(WorkerCell.PROXY_HEADERS_FAILED_TOTAL)
        self._transport.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """The proxy is gone."""
        self._site.handshakes.discard(self)

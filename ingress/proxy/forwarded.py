"""The fields that tell a server whose request this is."""

from typing import TYPE_CHECKING, Final

from ingress.acl.of_tls import SCHEMES, scheme
from ingress.wire.request import Request

if TYPE_CHECKING:
    from ingress.proxy.client import ClientConnection

PORTS: Final = {b"http": 80, b"https": 443}


def forwarded_fields(client: "ClientConnection", request: Request, request_id: bytes) -> bytes:
    """Header lines with the client's address, its scheme and port, the host it asked for, and an id.

    What an untrusted peer says of itself is replaced; what a trusted proxy says is passed on, with
    the proxy's own address behind it.
    """
    door = client.door
    fields = client.fields
    host = request.authority or b""
    if client.trusted:
        fields = _from_proxy(client, request)
        host = request.forwarded_host or host
    lines = b"%bX-Forwarded-Host: %b\r\nX-Request-ID: %b\r\n%b" % (fields, host, request_id, door.via)
    return lines + _rfc7239(client, host, scheme(request, client)) if door.forwarded else lines


def _from_proxy(client: "ClientConnection", request: Request) -> bytes:
    chain = b", ".join((*request.forwarded_for, client.address_text))
    real = chain.partition(b",")[0].strip() if client.moved is None else client.address_text
    if not request.forwarded_proto:
        return b"X-Forwarded-For: %b\r\nX-Real-IP: %b\r\n%b" % (chain, real, client.door.fields)
    said = request.forwarded_proto.lower()
    return b"X-Forwarded-For: %b\r\nX-Real-IP: %b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Port: %d\r\n" % (
        chain,
        real,
        said if said in SCHEMES else client.door.scheme,
        _port(client, request),
    )


def _port(client: "ClientConnection", request: Request) -> int:
    """The port that the client came to: what the proxy says of it, if the proxy has ended its TLS."""
    own = scheme(request, client)
    if own == client.door.scheme:
        return client.door.port
    text = (request.values(b"x-forwarded-port") or [b""])[-1]
    port = int(text) if text.isdigit() and len(text) <= 5 else 0
    return port if 0 < port < 65536 else PORTS[own]


def _rfc7239(client: "ClientConnection", host: bytes, own: bytes) -> bytes:
    text = client.address_text
    node = b'"[%b]"' % text if b":" in text else text
    return b'Forwarded: for=%b;host="%b";proto=%b\r\n' % (node, host, own)

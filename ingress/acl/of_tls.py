"""Fetches from the TLS of the connection."""

from typing import Final, Protocol, cast

from ingress.acl.fetch import Fetch, plain
from ingress.acl.sample import Client, Request, Sample, Type


def _tls(request: Request, client: Client) -> Sample:
    return client.tls


class _From(Protocol):
    """A client as far as it matters here."""

    trusted: bool


class _Told(Protocol):
    """A request as far as it matters here."""

    forwarded_proto: bytes


def scheme(request: Request, client: Client) -> bytes:
    """How the client came, to this place or to a trusted proxy in front of it."""
    if cast(_From, client).trusted:
        said = SCHEMES.get(cast(_Told, request).forwarded_proto.lower())
        if said is not None:
            return said
    return b"https" if client.tls else b"http"


SCHEMES: Final = {b"https": b"https", b"wss": b"https", b"http": b"http", b"ws": b"http"}
"""What X-Forwarded-Proto may say, and what that comes down to."""


def _name(request: Request, client: Client) -> Sample | None:
    session = client.session
    return None if session is None else session.sni or None


def _has_name(request: Request, client: Client) -> Sample:
    session = client.session
    return session is not None and bool(session.sni)


def _protocol(request: Request, client: Client) -> Sample | None:
    session = client.session
    return None if session is None else session.protocol or None


def _cipher(request: Request, client: Client) -> Sample | None:
    session = client.session
    return None if session is None else session.cipher or None


def _alpn(request: Request, client: Client) -> Sample | None:
    session = client.session
    return None if session is None else session.alpn or None


def _is_resumed(request: Request, client: Client) -> Sample:
    session = client.session
    return session is not None and session.resumed


ROWS: Final = (
    Fetch("ssl_fc", "ssl_fc", Type.BOOL, plain(_tls), "The client came over TLS.", "ssl_fc"),
    Fetch(
        "scheme",
        "scheme",
        Type.STR,
        plain(scheme),
        "`https` or `http`: how the client came, to here or to a proxy in `trusted-proxies` that says so in "
        "X-Forwarded-Proto. HAProxy has no such fetch.",
        "scheme https",
    ),
    Fetch(
        "ssl_fc_sni",
        "ssl_fc_sni",
        Type.STR,
        plain(_name),
        "The host that the client has named in its TLS handshake (SNI), in lower case.",
        "ssl_fc_sni www.example.com",
    ),
    Fetch(
        "ssl_fc_has_sni",
        "ssl_fc_has_sni",
        Type.BOOL,
        plain(_has_name),
        "The client has named a host in its TLS handshake.",
        "ssl_fc_has_sni",
    ),
    Fetch(
        "ssl_fc_protocol",
        "ssl_fc_protocol",
        Type.STR,
        plain(_protocol),
        "The version of TLS that the client came over.",
        "ssl_fc_protocol TLSv1.3",
    ),
    Fetch(
        "ssl_fc_cipher",
        "ssl_fc_cipher",
        Type.STR,
        plain(_cipher),
        "The cipher of that connection, by OpenSSL's name.",
        "ssl_fc_cipher TLS_AES_256_GCM_SHA384",
    ),
    Fetch(
        "ssl_fc_alpn",
        "ssl_fc_alpn",
        Type.STR,
        plain(_alpn),
        "The protocol that was agreed on in the TLS handshake (ALPN); none where the client offered none.",
        "ssl_fc_alpn http/1.1",
    ),
    Fetch(
        "ssl_fc_is_resumed",
        "ssl_fc_is_resumed",
        Type.BOOL,
        plain(_is_resumed),
        "The TLS session is one of before.",
        "ssl_fc_is_resumed",
    ),
)

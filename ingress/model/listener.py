"""Listeners that appear at run time, and the certificates of TLS listeners."""

from msgspec import Struct

from ingress.model.route import Origin


class TcpListener(Struct, frozen=True, omit_defaults=True):
    """A port on which connections are relayed to a backend, byte for byte."""

    port: int
    backend: str
    """The `name` of a `Backend`; empty: the port is only for those that name a host (`TcpRoute`)."""
    origin: Origin


class TcpRoute(Struct, frozen=True, omit_defaults=True):
    """Connections that name a host in their ClientHello (SNI), relayed to a backend."""

    host: str
    """As that of a `Host`: `db.example.com`, `*.example.com`, `**.example.com`; empty: any name, or none."""
    backend: str
    """The `name` of a `Backend`."""
    origin: Origin
    port: int = 0
    """The TCP port that they come to; 0: the HTTPS listeners."""
    ended: bool = False
    """TLS ends here, with the certificate of the host, and what is in it is relayed; False: all of it is
    relayed as it comes, and nothing of it is decrypted."""


class Certificate(Struct, frozen=True, omit_defaults=True):
    """A certificate chain with its key, and the host names it is used for."""

    name: str
    """Unique over all sources: `kubernetes:team-a/shop-tls`."""
    hosts: tuple[str, ...]
    chain: bytes
    """PEM, the leaf first."""
    key: bytes
    """PEM. Never logged, never in the API."""
    kind: str = ""
    """Of its key: `rsa`, `ecdsa`, ...: a host may have one of each."""
    staple: bytes = b""
    """What its authority says of it (an OCSP response, DER), for clients that ask; empty: nothing."""
    to_servers: bool = False
    """Shown to servers that ask for one, beside what it is to clients."""

    def __repr__(self) -> str:
        """No key: it must not reach a log by way of a debug line."""
        return f"Certificate({self.name!r}, {self.hosts})"


class Authority(Struct, frozen=True, omit_defaults=True):
    """Who vouches for the certificates of peers."""

    name: str
    """Unique over all sources: `kubernetes:team-a/clients-ca`."""
    pem: bytes
    """Certificates in PEM form."""
    revoked: bytes = b""
    """A list of revoked certificates (CRL) in PEM form; empty: none is looked into."""

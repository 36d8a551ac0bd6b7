"""A TLS listener in front of a data plane, certificates for it, and real OpenSSL clients."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ingress.model.listener import Authority, Certificate
from ingress.model.settings import Settings
from ingress.model.tickets import KEY, TicketKeys
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.server_names import HTTPS
from ingress.proxy.tls.accepted import Accepted
from ingress.proxy.tls.hosts import TlsHosts
from tests.unit.proxy.conftest import Front

TICKETS = TicketKeys(b"a" * KEY)


class Signer(NamedTuple):
    """A certificate with its key, as the library has them."""

    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return cast(
            bytes,
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )


def signed(
    name: str, by: Signer | None = None, *, authority: bool = False, kind: str = "ecdsa", serial: int = 0x1234
) -> Signer:
    """A fresh key with a certificate, by itself where nobody else signs."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, name),
        ]
    )
    now = datetime.now(UTC)
    issuer = by.certificate.subject if by else subject
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), serial)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return Signer(builder.sign(by.key if by else key, hashes.SHA256()), key)


def revoked(by: Signer, serial: int) -> bytes:
    """A list of the certificates that somebody has revoked: this one."""
    now = datetime.now(UTC)
    one = x509.RevokedCertificateBuilder(serial, now - timedelta(hours=1)).build()
    builder = x509.CertificateRevocationListBuilder(by.certificate.subject).add_revoked_certificate(one)
    builder = builder.last_update(now - timedelta(hours=1)).next_update(now + timedelta(days=1))
    return builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def certificate(host: str, name: str = "", *, kind: str = "ecdsa") -> Certificate:
    """A certificate signed by itself."""
    made = signed(host, kind=kind)
    return Certificate(name or f"test:{host}", (host,), made.pem, made.key_pem, kind)


def use(tls: TlsHosts, *certificates: Certificate, authorities: tuple[Authority, ...] = ()) -> None:
    """Put these in force."""
    tls.change({each.name: each for each in certificates}, {each.name: each for each in authorities})


@asynccontextmanager
async def listening(plane: Front) -> AsyncIterator[int]:
    """The data plane behind a TLS listener; its port."""
    door = Door(Settings(), 443, tls=True)
    site = plane.site

    def accept() -> Accepted:
        return Accepted(site, lambda: ClientConnection(site, door), None, site.names.get(HTTPS))

    server = plane.listen(accept)
    try:
        yield server.port
    finally:
        server.close()
        for handshake in list(plane.site.handshakes):
            handshake.expired()


def trusting(*certificates: Certificate) -> ssl.SSLContext:
    """A client that trusts these certificates and no others."""
    return ssl.create_default_context(cadata="".join(each.chain.decode() for each in certificates))


def believing() -> ssl.SSLContext:
    """A client that takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def ask(port: int, host: str, context: ssl.SSLContext, fields: bytes = b"", as_host: str = "") -> bytes:
    """The answer to a request over TLS."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    named = (as_host or host).encode()
    writer.write(b"GET / HTTP/1.1\r\nHost: %b\r\n%bConnection: close\r\n\r\n" % (named, fields))
    try:
        return await reader.read()
    finally:
        writer.close()


class Visit(NamedTuple):
    """What a client saw of a handshake, and the session it may come back with."""

    resumed: bool
    session: ssl.SSLSession | None
    peer: bytes


async def visit(
    port: int, host: str, context: ssl.SSLContext, session: ssl.SSLSession | None = None
) -> Visit:
    """A request in a thread, with the session of an earlier visit: asyncio's clients cannot resume."""
    return await asyncio.to_thread(_visit, port, host, context, session)


def _visit(port: int, host: str, context: ssl.SSLContext, session: ssl.SSLSession | None) -> Visit:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host, session=session) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host.encode())
        while connection.recv(4096):
            pass
        return Visit(bool(connection.session_reused), connection.session, connection.getpeercert(True) or b"")


def read_all(port: int, host: str, context: ssl.SSLContext, fields: bytes = b"") -> bytes:
    """The answer to a request, read by the socket itself up to the end that the server declares."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host, suppress_ragged_eofs=False) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (host.encode(), fields))
        pieces = []
        while data := connection.recv(65536):
            pieces.append(data)
        return b"".join(pieces)

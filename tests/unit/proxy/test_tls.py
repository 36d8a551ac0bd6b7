"""TLS listeners give each name its own certificate, and none to a name that has none."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingress.model.listener import Certificate
from ingress.model.settings import Settings
from ingress.proxy.client import ClientConnection, Door
from ingress.proxy.tls import TlsHosts
from tests.unit.proxy.conftest import Backends, Front


def certificate(host: str) -> Certificate:
    """A fresh key with a certificate signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    chain = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Certificate(f"test:{host}", (host,), chain, pem)


@asynccontextmanager
async def listening(plane: Front, tls: TlsHosts) -> AsyncIterator[int]:
    door = Door(Settings(), 443, tls=True)
    server = await plane.loop.create_server(
        lambda: cast(asyncio.Protocol, ClientConnection(plane.site, door)), "127.0.0.1", 0, ssl=tls.front
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(port: int, host: str, trusted: Certificate) -> bytes:
    """The answer to a request over TLS, which fails unless the certificate is the trusted one."""
    context = ssl.create_default_context(cadata=trusted.chain.decode())
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    writer.write(b"GET / HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host.encode())
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_each_name_gets_its_own_certificate(front: Any, backends: Backends) -> None:
    one, other = certificate("a.example.com"), certificate("*.example.org")
    tls = TlsHosts()
    assert tls.put((one, other)) == []
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane, tls) as port:
        plane.route(server, host="a.example.com")
        plane.route(server, host="x.example.org")
        assert (await ask(port, "a.example.com", one)).endswith(b"ok")
        assert (await ask(port, "x.example.org", other)).endswith(b"ok")
    assert all(b"X-Forwarded-Proto: https\r\n" in head for head in backends.heads)


async def test_a_name_without_a_certificate_gets_nobody_elses(front: Any) -> None:
    tls = TlsHosts()
    tls.put((certificate("a.example.com"),))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    async with front() as plane, listening(plane, tls) as port:
        for name in ("b.example.com", ""):
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)


async def test_a_new_certificate_is_for_new_connections(front: Any, backends: Backends) -> None:
    old, new = certificate("a.example.com"), certificate("a.example.com")
    tls = TlsHosts()
    tls.put((old,))
    async with front() as plane, backends.serve(backends.echo) as server, listening(plane, tls) as port:
        plane.route(server, host="a.example.com")
        assert (await ask(port, "a.example.com", old)).endswith(b"ok")
        tls.put((new,))
        assert (await ask(port, "a.example.com", new)).endswith(b"ok")


def test_an_unusable_certificate_costs_only_its_own_hosts() -> None:
    good, bad = certificate("a.example.com"), certificate("b.example.com")
    tls = TlsHosts()
    refused = tls.put((Certificate(bad.name, bad.hosts, bad.chain, good.key), good))
    assert [name for name, _ in refused] == ["test:b.example.com"]
    assert tls.find("a.example.com") is not None
    assert tls.find("b.example.com") is None

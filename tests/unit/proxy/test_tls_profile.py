"""What scanners look for in a TLS listener: Mozilla's "intermediate" profile, claim by claim."""

import asyncio
import ssl
from typing import Any
from unittest.mock import ANY

import pytest

from ingress.wire.client_hello import ClientHello
from tests.unit.proxy.conftest import LIBRARY
from tests.unit.proxy.tls_stage import TICKETS, believing, certificate, listening, use

GOOD = {
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
}


async def offer(port: int, client: ssl.SSLContext) -> ssl.SSLObject:
    """The outcome of a handshake in which a client offers what it is told to."""
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname="a.example.com")
    found = writer.get_extra_info("ssl_object")
    writer.close()
    assert isinstance(found, ssl.SSLObject)
    return found


def client(ciphers: str, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """A client that knows one version, and even what nobody should."""
    context = believing()
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = version
    context.minimum_version = version
    return context


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_versions_are_refused(front: Any, version: ssl.TLSVersion) -> None:
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await offer(port, client("ALL", version))


async def test_each_cipher_of_tls_1_2_is_a_good_one(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        taken = set()
        for cipher in client("ALL").get_ciphers():
            if cipher["protocol"] == "TLSv1.3":
                continue
            try:
                await offer(port, client(cipher["name"]))
            except (ssl.SSLError, ConnectionError):
                continue
            taken.add(cipher["name"])
        assert taken == GOOD


@pytest.mark.parametrize(
    ("group", "good"),
    [("X25519", True), ("prime256v1", True), ("secp384r1", True), ("secp521r1", False), ("X448", False)],
)
async def test_keys_are_agreed_on_in_good_groups_alone(front: Any, group: str, good: bool) -> None:
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        one = believing()
        one.set_ecdh_curve(group)
        if good:
            await offer(port, one)
        else:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await offer(port, one)


async def test_alpn_agrees_on_what_is_spoken(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        for offered, agreed in ((["h2", "http/1.1"], "http/1.1"), (["h2"], None)):
            one = believing()
            one.set_alpn_protocols(offered)
            assert (await offer(port, one)).selected_alpn_protocol() == agreed


async def test_nothing_is_compressed_and_no_handshake_is_asked_for_again(front: Any) -> None:
    async with front() as plane, listening(plane) as port:
        plane.site.tls.use_tickets(TICKETS)
        use(plane.site.tls, certificate("a.example.com"))
        found = await offer(port, client("ALL"))
        assert found.compression() is None
        choice = plane.site.tls.choose(ClientHello("a.example.com", b""))
        assert choice is not None
        assert choice.context.options & ssl.OP_NO_RENEGOTIATION


@pytest.mark.skipif(LIBRARY is None, reason="the TLS library is out of reach")
async def test_the_quickest_cipher_is_agreed_on_unless_the_client_has_no_processor_for_it(front: Any) -> None:
    slow, quick, chacha = (
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    )
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, certificate("a.example.com"))
        for offered, agreed in (((slow, quick), quick), ((slow,), slow), ((chacha, quick), chacha)):
            found = await offer(port, client(":".join(offered)))
            assert found.cipher() == (agreed, "TLSv1.2", ANY)
        # OpenSSL's clients name AES-256 first.
        assert (await offer(port, believing())).cipher() == ("TLS_AES_128_GCM_SHA256", "TLSv1.3", ANY)

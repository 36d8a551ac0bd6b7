"""Clients that ask what an authority says of a certificate are told with the handshake."""

import ctypes
import ssl
from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.proxy.conftest import LIBRARY
from tests.unit.proxy.tls_stage import ask, certificate, listening, trusting, use

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="the TLS library is out of reach")
SAID = b"what an authority says, as it came"


class Ear:
    """A client of OpenSSL's that asks, and keeps what it is told."""

    def __init__(self, context: ssl.SSLContext) -> None:
        import _ssl  # noqa: PLC0415

        library = ctypes.CDLL(getattr(_ssl, "__file__", None))
        address = ctypes.c_void_p.from_address(id(context) + object.__basicsize__)
        self.heard: list[bytes] = []

        def hear(connection: int, _: int) -> int:
            found = ctypes.c_void_p()
            length = library.SSL_ctrl(ctypes.c_void_p(connection), 70, 0, ctypes.byref(found))
            self.heard.append(ctypes.string_at(found.value or 0, length) if length > 0 else b"")
            return 1

        self._hear = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(hear)
        library.SSL_CTX_ctrl(address, 65, 1, None)
        library.SSL_CTX_callback_ctrl(address, 63, self._hear)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_response_is_stapled_for_clients_that_ask(front: Any, version: ssl.TLSVersion) -> None:
    plain, stapled = certificate("a.example.com"), certificate("b.example.com")
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, plain, replace(stapled, staple=SAID))
        for pair, expected in ((plain, b""), (stapled, SAID)):
            client = trusting(pair)
            client.minimum_version = client.maximum_version = version
            ear = Ear(client)
            for _ in range(2):
                assert (await ask(port, pair.hosts[0], client)).startswith(b"HTTP/1.1 ")
            assert ear.heard == [expected, expected]
            # Who does not ask is told nothing, and served all the same.
            assert (await ask(port, pair.hosts[0], trusting(pair))).startswith(b"HTTP/1.1 ")


@pytest.mark.parametrize("said", [{"rsa": b"of RSA", "ecdsa": b"of ECDSA"}, {"rsa": b"of RSA"}])
async def test_of_two_certificates_of_a_host_each_has_its_own_response(
    front: Any, said: dict[str, bytes]
) -> None:
    host = "a.example.com"
    pairs = [
        replace(certificate(host, f"test:{kind}", kind=kind), staple=said.get(kind, b""))
        for kind in ("rsa", "ecdsa")
    ]
    async with front() as plane, listening(plane) as port:
        use(plane.site.tls, *pairs)
        for kind in ("rsa", "ecdsa"):
            client = trusting(*pairs)
            client.maximum_version = ssl.TLSVersion.TLSv1_2
            client.set_ciphers(f"ECDHE-{kind.upper()}-AES128-GCM-SHA256")
            ear = Ear(client)
            assert (await ask(port, host, client)).startswith(b"HTTP/1.1 ")
            assert ear.heard == [said.get(kind, b"")]

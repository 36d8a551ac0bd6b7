"""Servers of a cluster are spoken to over TLS: by their name, verified, and shown a certificate."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import ask, eventually
from tests.real.harness.certificate import authority, self_signed, signed_by
from tests.real.harness.tls_server import greeting, with_certificate

ADDRESS = "10.244.9.1"
KNOWN = authority("known")
OURS = self_signed("headgate")


@pytest.fixture
def names(namespace: str, tmp_path: Path) -> Iterator[list[object]]:
    """What a server that wants to see a certificate was called."""
    called: list[object] = []
    context = with_certificate(tmp_path, signed_by(KNOWN, f"shop.{namespace}.svc"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=OURS.chain.decode())
    context.sni_callback = lambda _, name, __: called.append(name)
    with greeting(ADDRESS, 80, context):
        yield called


def test_a_server_is_called_by_its_name_verified_and_shown_a_certificate(
    api: Api, namespace: str, headgate: StartHeadgate, names: list[object]
) -> None:
    host = f"shop.{namespace}.test"
    options = {"ssl": "true", "ssl-ca-secret": "servers-ca", "ssl-secret": "own-tls"}
    api.apply(
        objects.secret(namespace, "servers-ca", {"ca.crt": authority("somebody else").chain}),
        objects.tls_secret(namespace, "own-tls", OURS.chain, OURS.key),
        objects.service(namespace, "shop", {f"headgate.dev/server-{key}": of for key, of in options.items()}),
        objects.endpoint_slice(namespace, "shop", [objects.Endpoint(ADDRESS)]),
        objects.ingress(namespace, "web", host, "shop"),
    )
    headgate()
    eventually(lambda: ask(host).reason == "tls-failed", what="a server whom nobody vouches for")
    api.apply(objects.secret(namespace, "servers-ca", {"ca.crt": KNOWN.chain}))
    eventually(lambda: ask(host).body == "secret\n", what="the other authority")
    assert set(names) == {f"shop.{namespace}.svc"}

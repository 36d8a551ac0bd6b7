"""Instances that are spoken to over TLS, and verified by a file of authorities."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.certificate import Authority, authority, signed_by
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS
from tests.real.harness.pod import PodFacts
from tests.real.harness.tls_server import greeting, with_certificate

HOST = "pay.example.com"
INSTANCE = PodFacts("pay-1", "10.244.9.1", 443)
PORT = 7443
TAGS = (
    *("headgate.enable=true", f"headgate.host={HOST}", f"headgate.tcp={PORT}"),
    *("headgate.server-ssl=true", "headgate.server-ssl-sni=service"),
)


@pytest.fixture
def known() -> Authority:
    """Who has signed the certificate of the instance."""
    return authority("known")


@pytest.fixture
def instance(consul: Consul, known: Authority, tmp_path: Path) -> Iterator[PodFacts]:
    """An instance that speaks TLS alone, registered."""
    context = with_certificate(tmp_path, signed_by(known, "pay.service.consul"))
    with greeting(INSTANCE.address, INSTANCE.port, context):
        consul.register(INSTANCE, "pay", *TAGS)
        yield INSTANCE


def relayed() -> bytes:
    """What the TCP port answers to a request in plain text."""
    try:
        with socket.create_connection((ADDRESS, PORT), timeout=5.0) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError:
        return b""


def test_instances_are_verified_by_the_file_as_it_is(
    instance: PodFacts, known: Authority, on_consul: StartOnConsul, tmp_path: Path
) -> None:
    file = tmp_path / "servers-ca.pem"
    file.write_bytes(authority("somebody else").chain)
    on_consul("--consul-server-ca-file", str(file))
    assert ask(HOST).reason == "tls-failed"
    assert relayed() == b""
    file.write_bytes(known.chain)
    eventually(lambda: ask(HOST).body == "secret\n", what="the other file")
    eventually(lambda: relayed().endswith(b"secret\n"), what="the same on the TCP port")


def test_without_a_file_that_can_be_read_nothing_is_sent(
    instance: PodFacts, on_consul: StartOnConsul, tmp_path: Path
) -> None:
    headgate = on_consul("--consul-server-ca-file", str(tmp_path / "missing.pem"))
    assert ask(HOST).reason == "tls-failed"
    assert any("missing.pem: No such file" in item["reason"] for item in headgate.items("problems"))

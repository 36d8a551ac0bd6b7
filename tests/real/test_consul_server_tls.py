"""Instances that are spoken to over TLS, and verified by a file of authorities."""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.conftest import StartOnConsul
from tests.real.harness.browser import ask, eventually
from tests.real.harness.certificate import Authority, authority, signed_by
from tests.real.harness.consul import Consul
from tests.real.harness.headgate import ADDRESS
from tests.real.harness.pod import PodFacts

HOST = "pay.example.com"
INSTANCE = PodFacts("pay-1", "10.244.9.1", 443)
PORT = 7443
TAGS = (
    *("headgate.enable=true", f"headgate.host={HOST}", f"headgate.tcp={PORT}"),
    *("headgate.server-ssl=true", "headgate.server-ssl-sni=service"),
)


class Greeting(http.server.BaseHTTPRequestHandler):
    """Answers each request alike."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"secret\n")

    def log_message(self, *_: object) -> None:
        """Nothing is written down."""


@pytest.fixture
def known() -> Authority:
    """Who has signed the certificate of the instance."""
    return authority("known")


@pytest.fixture
def instance(consul: Consul, known: Authority, tmp_path: Path) -> Iterator[PodFacts]:
    """An instance that speaks TLS alone, registered."""
    pair = signed_by(known, "pay.service.consul")
    for name, text in (("chain.pem", pair.chain), ("key.pem", pair.key)):
        (tmp_path / name).write_bytes(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    server = http.server.ThreadingHTTPServer((INSTANCE.address, INSTANCE.port), Greeting)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        consul.register(INSTANCE, "pay", *TAGS)
        yield INSTANCE
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


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

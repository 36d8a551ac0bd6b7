"""Certificates are swapped under load, and nobody notices."""

import http.client
import ssl
import threading
from functools import partial
from pathlib import Path

from tests.real.conftest import StartHeadgate
from tests.real.harness import objects
from tests.real.harness.api import Api
from tests.real.harness.browser import Named, ask, ask_tls, eventually
from tests.real.harness.certificate import self_signed
from tests.real.harness.cluster import Cluster
from tests.real.harness.node import Node
from tests.real.harness.secured import believing
from tests.real.harness.shop import Shop
from tests.real.harness.tls_server import greeting, with_certificate

SWAPS = 5


class Visitor(threading.Thread):
    """Comes again and again: a connection, three requests on it, and the next connection."""

    def __init__(self, host: str, trusted: ssl.SSLContext) -> None:
        super().__init__()
        self._host = host
        self._trusted = trusted
        self.enough = threading.Event()
        self.served = 0
        self.failures: list[str] = []

    def run(self) -> None:
        """Until it is enough."""
        while not self.enough.is_set():
            try:
                self._visit()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    def _visit(self) -> None:
        connection = Named("10.244.0.1", 443, timeout=10.0, context=self._trusted, name=self._host)
        for _ in range(3):
            connection.request("GET", "/", headers={"Host": self._host})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.served += 1
            else:
                self.failures.append(f"status {answer.status}")
        connection.close()


def test_a_secret_is_rotated_under_load_and_no_request_fails(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=2)
    pairs = [self_signed(shop.host) for _ in range(SWAPS + 1)]
    api.apply(objects.tls_secret(namespace, "web-tls", pairs[0].chain, pairs[0].key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    headgate("--https", "10.244.0.1:443")
    eventually(lambda: is_served_with(shop.host, pairs[0].chain), what="the first certificate")
    visitors = [Visitor(shop.host, believing()) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    try:
        for pair in pairs[1:]:
            api.apply(objects.tls_secret(namespace, "web-tls", pair.chain, pair.key))
            eventually(partial(is_served_with, shop.host, pair.chain), what="the next certificate")
    finally:
        for visitor in visitors:
            visitor.enough.set()
        for visitor in visitors:
            visitor.join()
    assert [failure for visitor in visitors for failure in visitor.failures] == []
    assert all(visitor.served > SWAPS for visitor in visitors)


def test_a_broken_secret_leaves_the_last_good_certificate_and_is_a_problem(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    good, other = self_signed(shop.host), self_signed(shop.host)
    api.apply(objects.tls_secret(namespace, "web-tls", good.chain, good.key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    one = headgate("--https", "10.244.0.1:443")
    eventually(lambda: is_served_with(shop.host, good.chain), what="the certificate")
    api.apply(objects.tls_secret(namespace, "web-tls", other.chain, good.key))
    eventually(
        lambda: any("does not belong" in problem["reason"] for problem in one.items("problems")),
        what="the problem",
    )
    assert is_served_with(shop.host, good.chain)


def test_a_host_with_a_certificate_sends_plain_http_to_https(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    headgate("--https", "10.244.0.1:443")
    assert ask(shop.host).status == 200
    pair = self_signed(shop.host)
    api.apply(objects.tls_secret(namespace, "web-tls", pair.chain, pair.key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    eventually(lambda: ask(shop.host).status == 308, what="the redirect")


def test_the_tls_of_an_ingress_is_relayed_beside_that_of_others(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate, tmp_path: Path
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    pay = f"pay.{namespace}.test"
    ours, theirs = self_signed(shop.host), self_signed(pay)
    api.apply(objects.tls_secret(namespace, "web-tls", ours.chain, ours.key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    api.apply(objects.service(namespace, "pay"))
    api.apply(objects.endpoint_slice(namespace, "pay", [objects.Endpoint("10.244.9.1")]))
    relayed = {"headgate.dev/ssl-passthrough": "true"}
    with greeting("10.244.9.1", 80, with_certificate(tmp_path, theirs)):
        api.apply(objects.ingress(namespace, "pay", pay, "pay", annotations=relayed))
        instance = headgate("--https", "10.244.0.1:443")
        eventually(lambda: is_served_with(pay, theirs.chain), what="the relay")
        assert is_served_with(shop.host, ours.chain)
        assert ask(pay).status == 308
        instance.kill_child("worker")
        eventually(lambda: is_served_with(pay, theirs.chain), what="the same by its successor")
        eventually(lambda: len(instance.children("worker")) == 2, what="the successor")
        assert all(is_served_with(pay, theirs.chain) for _ in range(10))
        api.delete(objects.ingress(namespace, "pay", pay, "pay"))
        eventually(lambda: not is_served_with(pay, theirs.chain), what="its end")


def is_served_with(host: str, chain: bytes) -> bool:
    """Whether the host is served with exactly this certificate."""
    try:
        return ask_tls(host, chain).status == 200
    except OSError:
        return False


def test_https_is_served_after_a_start_with_the_api_server_down(
    cluster: Cluster, api: Api, node: Node, namespace: str, headgate: StartHeadgate, tmp_path: Path
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    pair = self_signed(shop.host)
    api.apply(objects.tls_secret(namespace, "web-tls", pair.chain, pair.key))
    api.apply(objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls"))
    options = ("--https", "10.244.0.1:443", "--state-dir", str(tmp_path / "state"))
    first = headgate(*options)
    eventually(lambda: is_served_with(shop.host, pair.chain), what="the certificate")
    eventually(lambda: pair.key in kept(tmp_path), what="the key in the state on disk")
    assert first.stop() == 0
    cluster.server.kill()
    try:
        headgate(*options)
        assert is_served_with(shop.host, pair.chain)
    finally:
        cluster.start_server()


def test_clients_show_certificates_of_an_authority_in_a_secret(
    api: Api, node: Node, namespace: str, headgate: StartHeadgate, tmp_path: Path
) -> None:
    shop = Shop(api, node, namespace)
    shop.open(pods=1)
    pair, authority = self_signed(shop.host), self_signed("anna")
    api.apply(objects.tls_secret(namespace, "web-tls", pair.chain, pair.key))
    api.apply(objects.secret(namespace, "clients-ca", {"ca.crt": authority.chain}))
    ingress = objects.ingress(namespace, "web", shop.host, "shop", tls="web-tls")
    ingress["metadata"]["annotations"] = {"headgate.dev/auth-tls-secret": "clients-ca"}
    api.apply(ingress)
    headgate("--https", "10.244.0.1:443")
    eventually(lambda: status(shop.host, believing()) == 403, what="the question for a certificate")
    client = believing()
    (tmp_path / "client.pem").write_bytes(authority.chain + authority.key)
    client.load_cert_chain(tmp_path / "client.pem")
    assert status(shop.host, client) == 200
    api.delete(objects.secret(namespace, "clients-ca", {}))
    api.apply(objects.secret(namespace, "clients-ca", {"ca.crt": self_signed("berta").chain}))
    eventually(lambda: status(shop.host, client) == 0, what="the end of the handshake")


def status(host: str, context: ssl.SSLContext) -> int:
    """Of an answer to a client; 0: there is none."""
    connection = Named("10.244.0.1", 443, timeout=10.0, context=context, name=host)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def kept(folder: Path) -> bytes:
    """All that is in the state on disk."""
    return b"".join(file.read_bytes() for file in folder.glob("state/*"))

"""Single requests to Headgate, for tests that look at one answer."""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What came back."""

    status: int
    body: str
    reason: str = ""
    """X-Headgate-Reason, where Headgate itself has answered."""
    location: str = ""

    @property
    def pod(self) -> str:
        """The pod that answered."""
        return self.body.partition("\n")[0]


def ask(host: str, path: str = "/", method: str = "GET", **fields: str) -> Answer:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection("10.244.0.1", 80, timeout=10.0)
    return exchange(connection, host, path, method, fields)


def ask_tls(host: str, chain: bytes, path: str = "/") -> Answer:
    """One request over TLS; fails unless the certificate is this one, and for this host."""
    tls = ssl.create_default_context(cadata=chain.decode())
    connection = Named("10.244.0.1", 443, timeout=10.0, context=tls, name=host)
    return exchange(connection, host, path, "GET", {})


class Named(http.client.HTTPSConnection):
    """A connection to an address that asks for a host by SNI."""

    def __init__(self, address: str, port: int, *, timeout: float, context: ssl.SSLContext, name: str):
        super().__init__(address, port, timeout=timeout)
        self._tls, self._name = context, name

    def connect(self) -> None:
        """Connect, and shake hands under the host's name."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def exchange(
    connection: http.client.HTTPConnection, host: str, path: str, method: str, fields: dict[str, str]
) -> Answer:
    """Send, read, close."""
    try:
        connection.request(method, path, headers={"Host": host, **fields})
        answer = connection.getresponse()
        return Answer(
            answer.status,
            answer.read().decode(),
            answer.getheader("X-Headgate-Reason", ""),
            answer.getheader("Location", ""),
        )
    finally:
        connection.close()


def admin(path: str, port: int = 9900, method: str = "GET") -> tuple[int, Any]:
    """Status and body (JSON where it is JSON) of an admin page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5.0)
    try:
        connection.request(method, path, headers={"X-Headgate-Change": "yes"})
        answer = connection.getresponse()
        text = answer.read().decode()
        is_json = answer.getheader("Content-Type", "").startswith("application/json")
        return answer.status, json.loads(text) if is_json else text
    finally:
        connection.close()


def eventually(holds: Callable[[], object], within: float = 5.0, what: str = "it") -> float:
    """Seconds until it holds; fails if it does not in time. For what has no signal to wait for."""
    began = time.monotonic()
    while True:
        answer = holds()
        waited = time.monotonic() - began
        if answer:
            return waited
        assert waited < within, f"{what} does not hold after {within:.1f} s: {answer!r}"
        time.sleep(0.005)

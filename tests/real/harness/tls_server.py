"""A server that speaks TLS alone."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.harness.certificate import Pair


class Greeting(http.server.BaseHTTPRequestHandler):
    """Answers each request alike."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"secret\n")

    def log_message(self, *_: object) -> None:
        """Nothing is written down."""


def with_certificate(folder: Path, pair: Pair) -> ssl.SSLContext:
    """What a server with this certificate needs."""
    (folder / "server.pem").write_bytes(pair.chain + pair.key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    return context


@contextmanager
def greeting(address: str, port: int, context: ssl.SSLContext) -> Iterator[None]:
    """As long as this lasts, a server is there."""
    server = http.server.ThreadingHTTPServer((address, port), Greeting)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

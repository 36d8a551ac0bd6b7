"""Headgate with nothing but a TLS listener, whose certificate is in a file."""

import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.harness.certificate import Pair
from tests.real.harness.daemon import Daemon
from tests.real.harness.headgate import without_settings

PORT = 18443


@contextmanager
def listening(folder: Path, name: str, pair: Pair, *options: str) -> Iterator[None]:
    """As long as this lasts, clients are served with this certificate for the name."""
    (folder / "www.pem").write_bytes(pair.chain + pair.key)
    (folder / "manifests").mkdir()
    command = [sys.executable, "-m", "ingress.main", "run", "--manifests", str(folder / "manifests")]
    command += ["--http", "127.0.0.1:0", "--https", f"127.0.0.1:{PORT}", "--admin", "127.0.0.1:0"]
    command += ["--default-certificate", str(folder / "www.pem"), *options]
    daemon = Daemon("headgate", command, folder / "output.txt", without_settings({}))
    daemon.start()
    try:
        daemon.wait_until(lambda: _is_open(name))
        yield
    finally:
        daemon.stop(10.0)


def believing() -> ssl.SSLContext:
    """A client that takes any certificate: of several signed by themselves under one name, OpenSSL would
    compare with the first."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _is_open(name: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", PORT), 1.0) as plain:
            believing().wrap_socket(plain, server_hostname=name).close()
    except OSError:
        return False
    return True

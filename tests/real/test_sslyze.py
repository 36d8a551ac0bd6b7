"""sslyze finds nothing in a TLS listener that Mozilla's "intermediate" profile would not have."""

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.harness.binaries import binary
from tests.real.harness.certificate import Pair, authority, signed_by
from tests.real.harness.daemon import Daemon
from tests.real.harness.headgate import without_settings

NAME = "www.example.com"
PORT = 18443


@pytest.fixture(params=["ecdsa", "rsa"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A listener with a certificate from a file; the certificate of who has signed it."""
    root = authority("Authority of the test")
    pair: Pair = signed_by(root, NAME, kind=request.param)
    (tmp_path / "root.pem").write_bytes(root.chain)
    (tmp_path / "www.pem").write_bytes(pair.chain + pair.key)
    (tmp_path / "manifests").mkdir()
    command = [sys.executable, "-m", "ingress.main", "run", "--manifests", str(tmp_path / "manifests")]
    command += ["--http", "127.0.0.1:0", "--https", f"127.0.0.1:{PORT}", "--admin", "127.0.0.1:0"]
    command += ["--default-certificate", str(tmp_path / "www.pem"), "--workers", "1"]
    daemon = Daemon("headgate", command, tmp_path / "output.txt", without_settings({}))
    daemon.start()
    try:
        daemon.wait_until(is_open)
        yield tmp_path / "root.pem"
    finally:
        daemon.stop(10.0)


def is_open() -> bool:
    """Whether the listener has its certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(("127.0.0.1", PORT), 1.0) as plain:
            context.wrap_socket(plain, server_hostname=NAME).close()
    except OSError:
        return False
    return True


def test_the_profile_of_a_listener_is_one_that_sslyze_approves_of(listener: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [binary("sslyze"), "--sni", NAME, "--certinfo_ca_file", str(listener)]
    command += ["--mozilla_config", "intermediate", "--json_out", str(report), f"127.0.0.1:{PORT}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK - Compliant" in done.stdout, done.stdout
    (result,) = json.loads(report.read_text())["server_scan_results"]
    found = result["scan_result"]
    assert {name: scan["status"] for name, scan in found.items() if scan["status"] == "ERROR"} == {}
    for version in ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1"):
        assert found[f"{version}_cipher_suites"]["result"]["accepted_cipher_suites"] == []

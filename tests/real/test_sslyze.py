"""sslyze finds nothing in a TLS listener that Mozilla's "intermediate" profile would not have."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.harness.binaries import binary
from tests.real.harness.certificate import authority, signed_by
from tests.real.harness.secured import PORT, listening

NAME = "www.example.com"


@pytest.fixture(params=["ecdsa", "rsa"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A listener with a certificate from a file; the certificate of who has signed it."""
    root = authority("Authority of the test")
    (tmp_path / "root.pem").write_bytes(root.chain)
    with listening(tmp_path, NAME, signed_by(root, NAME, kind=request.param), "--workers", "1"):
        yield tmp_path / "root.pem"


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

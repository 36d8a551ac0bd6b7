"""The keys of certificates outlive the process, unless the settings say that they must not be on disk."""

import stat
from pathlib import Path

import pytest

from discovery.last_good import LastGood
from discovery.source import CertificateClaim, Sink, SourceState, SourceStatus
from ingress.cli.plane import Plane
from ingress.model.change import PutCertificate
from ingress.model.listener import Certificate
from ingress.model.route import Origin

SHOWN = Certificate("one:team-a/tls", ("a.example.com",), b"chain", b"the key")


class Once:
    """A source that says one certificate, or never says anything."""

    name = "one"

    def __init__(self, *, alive: bool) -> None:
        self._alive = alive

    async def run(self, sink: Sink) -> None:
        if self._alive:
            origin = Origin("one", "ingress", "team-a", "web")
            sink.put_certificate("one", SHOWN, (CertificateClaim("a.example.com", origin),))
            sink.synced("one")
            sink.status(SourceStatus("one", SourceState.LIVE, last_contact=1_700_000_000.0))


@pytest.mark.parametrize("keys", [True, False])
async def test_a_start_without_sources_has_the_certificates_of_before(tmp_path: Path, keys: bool) -> None:
    last_good = LastGood(tmp_path)
    first = Plane([Once(alive=True)], last_good, keys=keys)
    await first.run("one")
    await first.save()
    assert stat.S_IMODE(last_good.path.stat().st_mode) == 0o600
    assert (b"the key" in last_good.path.read_bytes()) is keys
    second = Plane([Once(alive=False)], last_good, keys=keys)
    assert second.restore()
    assert list(second.take_changes()) == ([PutCertificate(SHOWN)] if keys else [])

"""Certificates in files serve the hosts that they are made out for, and are followed as they change."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509 import ocsp

from discovery.assemble import Assembly
from discovery.certificate_files.shelf import Shelf
from discovery.certificate_files.source import CertificateFiles, Mark, look
from ingress.model.listener import Certificate
from tests.unit.certificate_files.conftest import DAY, NOW, Made, make, response

SOURCE = "certificates"


class Stage:
    """A source that is looked at step by step."""

    def __init__(self, *places: str, default: str = "") -> None:
        self.assembly = Assembly((SOURCE,))
        self.time = NOW.timestamp()
        self.places, self._marks = places, dict[str, Mark]()
        self._shelf = Shelf(SOURCE, places, default, self.assembly)

    def look(self) -> None:
        """Look at the files once."""
        self._shelf.tell(look(self._shelf.places, self._marks), self.time)

    @property
    def certificates(self) -> dict[str, Certificate]:
        self.assembly.take_changes()
        return {each.name.rpartition("/")[2]: each for each in self.assembly.certificates()}

    @property
    def problems(self) -> list[str]:
        return [problem.reason for problem in self.assembly.problems()]


def test_a_file_and_a_folder_serve_the_hosts_of_their_certificates(tmp_path: Path) -> None:
    one, other = make("a.example.com", "*.a.example.com"), make("b.example.com")
    file = one.write(tmp_path / "a.pem")
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "tls.crt").write_bytes(other.chain)
    (folder / "tls.key").write_bytes(other.key_pem)
    stage = Stage(file, str(folder), default=file)
    stage.look()
    found = stage.certificates
    assert found["a.pem"].hosts == ("", "*.a.example.com", "a.example.com")
    assert found["mounted"].hosts == ("b.example.com",)
    assert (found["mounted"].chain, found["mounted"].key) == (other.chain, other.key_pem)
    assert stage.problems == []


async def test_a_changed_file_is_read_again_and_a_broken_one_leaves_the_last_good(tmp_path: Path) -> None:
    old, new = make("a.example.com"), make("a.example.com")
    path = tmp_path / "a.pem"
    stage = Stage(old.write(path))
    files = CertificateFiles(SOURCE, stage.places, "", lambda: stage.time, 0.001)
    source = asyncio.create_task(files.run(stage.assembly))

    async def until(condition: Any) -> None:
        async with asyncio.timeout(60):
            while not condition():
                await asyncio.sleep(0.001)

    await until(lambda: stage.certificates)
    assert stage.assembly.unsynced() == ()
    path.write_bytes(b"nonsense")
    await until(lambda: stage.problems)
    assert "is not a chain of certificates in PEM form: the last good certificate stays" in stage.problems[0]
    assert stage.certificates["a.pem"].chain.startswith(old.chain)
    path.unlink()
    await until(lambda: "cannot be read" in stage.problems[0])
    assert stage.certificates
    new.write(path)
    await until(lambda: stage.certificates["a.pem"].chain.startswith(new.chain))
    assert stage.problems == []
    source.cancel()


def test_a_file_that_was_never_good_costs_only_itself(tmp_path: Path) -> None:
    good = make("a.example.com").write(tmp_path / "a.pem")
    broken = tmp_path / "b.pem"
    broken.write_bytes(make("b.example.com").chain)
    stage = Stage(good, str(broken), str(tmp_path / "nowhere.pem"))
    stage.look()
    assert stage.certificates.keys() == {"a.pem"}
    assert any("b.pem is not a private key in PEM form" in reason for reason in stage.problems)
    assert any("cannot be read (No such file" in reason for reason in stage.problems)


@pytest.mark.parametrize(
    ("days", "passed", "reason"),
    [
        (90, 70, ""),
        (90, 77, "expires soon"),
        (6, 3, ""),
        (6, 5, "expires soon"),
        (6, 7, "has expired"),
    ],
)
def test_a_certificate_that_is_not_renewed_is_a_problem(
    tmp_path: Path, days: int, passed: int, reason: str
) -> None:
    stage = Stage(make("a.example.com", days=days).write(tmp_path / "a.pem"))
    stage.time += passed * DAY.total_seconds()
    stage.look()
    assert bool(stage.problems) == bool(reason)
    assert all(reason in problem for problem in stage.problems)


def stapled(folder: Path, made: Made, said: bytes) -> Stage:
    file = made.write(folder / "a.pem")
    (folder / "a.pem.ocsp").write_bytes(said)
    return Stage(file)


def test_what_the_authority_says_is_stapled_as_long_as_it_is_good(tmp_path: Path) -> None:
    made = make("a.example.com")
    said = response(made)
    stage = stapled(tmp_path, made, said)
    stage.look()
    assert stage.certificates["a.pem"].staple == said
    assert stage.problems == []
    stage.time += 8 * DAY.total_seconds()
    stage.look()
    assert stage.certificates["a.pem"].staple == b""
    assert "out of date" in stage.problems[0]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (lambda made: b"nonsense", "cannot be read"),
        (lambda made: response(made, ocsp.OCSPCertStatus.REVOKED), "says revoked"),
        (lambda made: response(make("a.example.com")), "of another certificate"),
    ],
)
def test_what_cannot_be_shown_is_not_stapled(tmp_path: Path, said: Any, reason: str) -> None:
    made = make("a.example.com")
    stage = stapled(tmp_path, made, said(made))
    stage.look()
    assert stage.certificates["a.pem"].staple == b""
    assert reason in stage.problems[0]


def test_after_a_restart_the_last_good_certificate_serves_until_the_file_is_back(
    tmp_path: Path,
) -> None:
    made = make("a.example.com")
    path = tmp_path / "a.pem"
    first = Stage(made.write(path))
    first.look()
    path.unlink()
    second = Stage(str(path))
    second.assembly.restore(first.assembly.state(secrets=True))
    second.look()
    assert second.certificates["a.pem"].key.startswith(made.chain)

"""Instances that are spoken to over TLS are verified by the authorities in a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from discovery.assemble import Assembly
from discovery.consul.authority_file import AuthorityFile, authority_name
from ingress.model.backend import ServerTls
from ingress.model.change import PutAuthority
from tests.real.harness.certificate import authority
from tests.unit.consul.conftest import instance

NOW = 1_790_000_000.0
NAME = "consul:server-ca-file"
VERIFIED = ServerTls(verify=True, authority=NAME)


class Desk:
    """A file, and the table that is told of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.table = Assembly(("consul",))
        self.file = AuthorityFile("consul", str(path), self.table)

    def look(self, now: float = NOW) -> list[bytes]:
        """What is told anew."""
        self.file.look(now)
        changes = self.table.take_changes()
        return [each.authority.pem for each in changes if isinstance(each, PutAuthority)]

    @property
    def problems(self) -> list[str]:
        return [str(problem) for problem in self.table.problems()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "ca.pem")


def test_the_file_is_told_once_and_again_when_it_is_another(desk: Desk) -> None:
    one, other = (authority(name).chain for name in ("one", "other"))
    desk.path.write_bytes(one)
    assert desk.look() == [one]
    assert desk.look() == []
    desk.path.write_bytes(other)
    assert desk.look() == [other]
    assert desk.problems == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("no certificate")])
def test_a_file_that_breaks_or_goes_leaves_what_it_said_last(
    desk: Desk, damage: Callable[[Path], Any]
) -> None:
    desk.path.write_bytes(authority("one").chain)
    desk.look()
    damage(desk.path)
    assert desk.look() == []
    [problem] = desk.problems
    assert problem.startswith(f"settings consul-server-ca-file: {desk.path}")
    assert problem.endswith(": what it said last stays in force")
    desk.path.write_bytes(authority("one").chain)
    desk.look()
    assert desk.problems == []


def test_without_a_file_nobody_is_believed(desk: Desk) -> None:
    assert desk.look() == []
    [problem] = desk.problems
    assert problem.endswith("No such file or directory: no instance is spoken to over TLS")


def test_authorities_that_have_expired_are_told(desk: Desk) -> None:
    desk.path.write_bytes(authority("one").chain)
    desk.look()
    desk.look(NOW * 3)
    assert f"all certificates in {desk.path} have expired" in desk.problems[0]


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        ({"server_ssl": "true"}, VERIFIED),
        ({"server_ssl": "true", "server_ssl_verify": "false"}, ServerTls()),
    ],
)
def test_tags_of_ours_mean_it_unless_they_say_otherwise(make_book: Any, wishes: Any, expected: Any) -> None:
    book = make_book(authority=authority_name("consul"))
    book.put("web", instance(enable="true", host="a.example.com", **wishes))
    book.complete()
    book.table.take_changes()
    assert {backend.settings.tls for backend in book.table.backends()} == {expected}

"""What workers are to have, and its rows in the page."""

import pytest

from ingress.controller.published import Published
from ingress.controller.rows import Rows
from ingress.model.backend import Backend, Server
from ingress.model.change import (
    DropAuthority,
    DropBackend,
    DropFile,
    DropHost,
    DropPlatform,
    DropTcpRoute,
    PutAuthority,
    PutBackend,
    PutFile,
    PutHost,
    PutPlatform,
    PutServers,
    PutTcpRoute,
)
from ingress.model.listener import Authority, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.observe.page import Directory, Page, route_key, server_key

ONE, TWO = Server("10.0.0.1", 80), Server("10.0.0.2", 80)
KEY = route_key("n", "ingress", "web", "b")


def host(name: str, *paths: str) -> Host:
    origin = Origin("k", "ingress", "n", "web")
    return Host(name, tuple(Route(PathKind.PREFIX, path, "b", origin) for path in paths))


@pytest.fixture
def directory() -> Directory:
    return Page.create(1, 512).directory(lambda: 0.0)


@pytest.fixture
def published(directory: Directory) -> Published:
    return Published(Rows(directory))


def test_each_server_has_a_row_of_its_own(published: Published, directory: Directory) -> None:
    put = published.record(PutBackend(Backend("b", (ONE, TWO))))
    assert isinstance(put, PutBackend)
    keys = [server_key("b", server.address) for server in (ONE, TWO)]
    assert put.slots == tuple(map(directory.slot_of, keys))
    assert len(set(put.slots)) == 2


def test_all_routes_of_an_object_to_a_backend_share_a_row(published: Published, directory: Directory) -> None:
    put = published.record(PutHost(host("a", "/", "/x")))
    assert isinstance(put, PutHost)
    assert put.slots == (directory.slot_of(KEY),) * 2


def test_a_server_that_stays_keeps_its_row(published: Published) -> None:
    before = published.record(PutBackend(Backend("b", (ONE, TWO))))
    after = published.record(PutServers("b", (TWO,)))
    assert isinstance(before, PutBackend)
    assert isinstance(after, PutServers)
    assert after.slots == before.slots[1:]


def test_new_servers_are_part_of_the_full_state(published: Published) -> None:
    published.record(PutBackend(Backend("b", (ONE,))))
    put = published.record(PutServers("b", (TWO,)))
    assert isinstance(put, PutServers)
    assert published.everything() == [PutBackend(Backend("b", (TWO,)), put.slots)]


def test_a_row_is_released_with_its_last_user_and_not_before(
    published: Published, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[str] = []
    monkeypatch.setattr(directory, "release", released.append)
    published.record(PutHost(host("a", "/")))
    published.record(PutHost(host("b", "/")))
    published.record(PutHost(host("a", "/", "/x")))
    published.record(DropHost("a"))
    assert released == []
    published.record(DropHost("b"))
    assert released == [KEY]


def test_what_is_dropped_is_not_in_the_full_state(published: Published) -> None:
    published.record(PutBackend(Backend("b", (ONE,))))
    published.record(PutHost(host("a", "/")))
    published.record(DropHost("a"))
    published.record(DropBackend("b"))
    assert published.everything() == []


def test_backends_are_told_before_the_hosts_that_name_them(published: Published) -> None:
    published.record(PutHost(host("a", "/")))
    published.record(PutBackend(Backend("b")))
    assert [type(message) for message in published.everything()] == [PutBackend, PutHost]


def test_a_worker_that_comes_later_gets_files_platforms_and_authorities_before_the_hosts_that_need_them(
    published: Published,
) -> None:
    file, authority = PutFile(PatternFile("f", "a")), PutAuthority(Authority("ca", b"pem"))
    platform = PutPlatform(Platform("p", Origin("k", "platform", "n", "p"), Policy()))
    put = published.record(PutHost(host("a", "/")))
    for change in (file, platform, authority):
        published.record(change)
    assert published.everything() == [file, platform, authority, put]
    for gone in (DropFile("f"), DropAuthority("ca"), DropPlatform("p")):
        published.record(gone)
    assert published.everything() == [put]


def test_a_worker_that_comes_later_gets_tcp_routes_behind_their_backends(published: Published) -> None:
    route = PutTcpRoute(TcpRoute("db.example.com", "b", Origin("k", "ingress", "n", "i")))
    published.record(route)
    published.record(PutBackend(Backend("b")))
    assert [type(message) for message in published.everything()] == [PutBackend, PutTcpRoute]
    published.record(DropTcpRoute(0, "db.example.com"))
    assert [type(message) for message in published.everything()] == [PutBackend]

"""Hosts with a certificate are served over TLS: plain HTTP is sent there, where there is such a listener."""

from typing import Any

import pytest

from ingress.model.backend import Backend
from ingress.model.change import Commit, PutBackend, PutHost
from ingress.model.policy import Policy
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.model.settings import Settings
from tests.unit.proxy.conftest import Backends

ASK = b"GET %b HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("https", "certified", "wish", "path", "status"),
    [
        (True, True, None, "/", b"308"),
        (True, True, False, "/", b"200"),
        (True, False, None, "/", b"200"),
        (True, False, True, "/", b"308"),
        (False, True, None, "/", b"200"),
        (True, True, None, "/.well-known/acme-challenge/x", b"200"),
    ],
)
async def test_who_is_sent_to_https(
    front: Any, backends: Backends, https: bool, certified: bool, wish: bool | None, path: str, status: bytes
) -> None:
    settings = Settings(https=("127.0.0.1:443",) if https else ())
    async with front(settings) as plane, backends.serve(backends.echo) as server:
        origin = Origin("test", "ingress", "default", "web")
        route = Route(PathKind.PREFIX, path, "b", origin, Policy(https=wish))
        plane.apply.put(PutBackend(Backend("b", (server,)), (100,)))
        plane.apply.put(PutHost(Host("a.example.com", (route,), certified), (99,)))
        plane.apply.put(Commit(1))
        answer = await plane.talk(ASK % path.encode())
    assert answer.split(b" ")[1] == status

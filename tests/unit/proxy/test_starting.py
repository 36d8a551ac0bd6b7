"""What is answered while not every source has had its say."""

from typing import Any

from ingress.model.change import Commit
from tests.unit.proxy.conftest import Backends

KNOWN = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
UNKNOWN = KNOWN.replace(b"www", b"other")


async def test_before_all_is_known_an_unknown_host_may_come_yet(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.apply.put(Commit(1, complete=False))
        assert b"503" in (await plane.talk(UNKNOWN)).splitlines()[0]
        plane.route(server)
        assert (await plane.talk(KNOWN)).startswith(b"HTTP/1.1 200")
        assert b"404" in (await plane.talk(UNKNOWN)).splitlines()[0]


async def test_a_worker_that_knew_all_goes_on_so_under_a_controller_that_does_not(front: Any) -> None:
    async with front() as plane:
        plane.apply.put(Commit(1))
        plane.apply.put(Commit(1, complete=False))
        assert b"404" in (await plane.talk(UNKNOWN)).splitlines()[0]

"""Who is asked over TLS has to be who the URL names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ingress.model.admission import Authorize
from ingress.model.backend import Backend, BackendSettings, Server, ServerTls
from ingress.model.change import PutAuthority, PutBackend
from ingress.model.listener import Authority
from ingress.model.policy import Policy, Rule
from tests.unit.proxy.conftest import Backends
from tests.unit.proxy.judge import Guard, get
from tests.unit.proxy.test_server_tls import CA, NAME, TRUST, Stage, stage


@pytest.fixture
def one(tmp_path: Path) -> Stage:
    return stage(tmp_path)


@asynccontextmanager
async def judged(
    front: Any, backends: Backends, one: Stage, guard: Guard
) -> AsyncIterator[tuple[Any, Server, Server]]:
    """A data plane, a server, and somebody who is asked over TLS."""
    async with (
        front() as plane,
        backends.serve(backends.echo) as server,
        backends.serve(guard, tls=one.context) as judge,
    ):
        yield plane, server, judge


@pytest.mark.parametrize(("verify", "status"), [(True, b"503"), (False, b"200")])
async def test_a_certificate_that_nobody_vouches_for_is_no_answer_unless_that_is_wished(
    front: Any, backends: Backends, one: Stage, verify: bool, status: bytes
) -> None:
    guard = Guard()
    async with judged(front, backends, one, guard) as (plane, server, judge):
        url = f"https://localhost:{judge.port}/verify"
        plane.route(server, policy=Policy((Rule(Authorize(url, verify=verify)),)))
        answers = [await plane.talk(get()) for _ in range(2)]
    assert [answer.split()[1] for answer in answers] == [status] * 2
    assert guard.connections == (0 if verify else 1)
    assert set(one.called) == {"localhost"}


@pytest.mark.parametrize(
    ("tls", "scheme", "called"),
    [
        # What is said of the Service counts; else the URL.
        (TRUST, "http", NAME),
        (TRUST, "https", NAME),
        (ServerTls(of_host=True), "http", "auth.team.svc"),
        (None, "https", "auth.team.svc"),
    ],
)
async def test_a_service_is_asked_as_it_says_itself(
    front: Any, backends: Backends, one: Stage, tls: ServerTls | None, scheme: str, called: str
) -> None:
    guard = Guard()
    async with judged(front, backends, one, guard) as (plane, server, judge):
        plane.apply.put(PutAuthority(Authority(CA, one.root.pem)))
        plane.apply.put(PutBackend(Backend("test:auth", (judge,), BackendSettings(tls=tls)), (200,)))
        action = Authorize(f"{scheme}://auth.team.svc/verify", "test:auth", verify=False)
        plane.route(server, policy=Policy((Rule(action),)))
        for _ in range(2):
            assert (await plane.talk(get())).startswith(b"HTTP/1.1 200 ")
    assert one.called == [called]
    assert guard.connections == 1

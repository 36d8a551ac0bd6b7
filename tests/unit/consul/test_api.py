"""What an agent is asked and told, on the wire."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

from discovery.consul.address import Address
from discovery.consul.api import Api, Scope
from discovery.consul.credentials import Credentials
from discovery.consul.question import Question, Registration, Subject, Topic

EDGE = Registration("headgate-edge-10.0.0.5-8080", "edge", "10.0.0.5", 8080, ("headgate.enable=false",))


class Heard(NamedTuple):
    """A request as the agent got it."""

    method: str
    path: str
    query: dict[str, str]
    content: Any


@asynccontextmanager
async def agent(scope: Scope, heard: list[Heard]) -> AsyncIterator[Api]:
    """An API whose agent takes whatever it hears."""

    async def answer(request: web.Request) -> web.Response:
        text = await request.text()
        content = json.loads(text) if text else None
        heard.append(Heard(request.method, request.path, dict(request.query), content))
        return web.json_response([], headers={"X-Consul-Index": "7"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    api = Api([Address(f"http://{host}:{port}")], Credentials(), scope, 1.0)
    try:
        yield api
    finally:
        await api.close()
        await runner.cleanup()


async def test_each_request_says_namespace_and_partition() -> None:
    heard: list[Heard] = []
    topics = [Topic(subject, "passing") for subject in Subject if subject not in _TOLD]
    async with agent(Scope("", "team", "edge"), heard) as api:
        for topic in topics:
            await api.ask(Question(topic))
        for subject in _TOLD:
            await api.ask(Question(Topic(subject, "edge"), registration=EDGE))
    assert len(heard) == len(Subject)
    assert {(each.query.get("ns"), each.query.get("partition")) for each in heard} == {("team", "edge")}


async def test_without_them_neither_is_said() -> None:
    heard: list[Heard] = []
    async with agent(Scope(), heard) as api:
        await api.ask(Question(Topic(Subject.HEALTH, "web")))
    assert heard == [Heard("GET", "/v1/health/service/web", {}, None)]


async def test_a_registration_is_alive_for_a_while_and_forgotten_later() -> None:
    heard: list[Heard] = []
    async with agent(Scope(), heard) as api:
        for subject in _TOLD:
            await api.ask(Question(Topic(subject, "edge"), registration=EDGE))
    registered, alive, gone = heard
    check = registered.content.pop("check")
    assert registered == Heard(
        "PUT",
        "/v1/agent/service/register",
        {},
        {
            "name": "edge",
            "id": EDGE.id,
            "address": "10.0.0.5",
            "port": 8080,
            "tags": ["headgate.enable=false"],
        },
    )
    assert (check["TTL"], check["DeregisterCriticalServiceAfter"]) == ("15s", "1m")
    assert alive[:2] == ("PUT", f"/v1/agent/check/pass/{check['CheckID']}")
    assert gone[:2] == ("PUT", f"/v1/agent/service/deregister/{EDGE.id}")


_TOLD = (Subject.REGISTRATION, Subject.LIFE_SIGN, Subject.DEREGISTRATION)

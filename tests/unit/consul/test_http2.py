"""Many questions over one connection, with an agent that is the other side of the library."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import Event, RequestReceived, StreamReset, WindowUpdated
from h2.settings import SettingCodes

from discovery.consul.http2 import Connection, NotSpokenError
from discovery.consul.line import Reply
from discovery.consul.tls import Http2Line, TlsLine
from tests.unit.consul.patience import run

DATA_OF_NOBODY = b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x"
URI = "https://consul:8501/v1/health/service/web?index=7"


class Agent(asyncio.Transport):
    """An agent at the other end of a connection, in memory."""

    def __init__(self, takes: int = 100, protocol: str = "h2") -> None:
        super().__init__()
        self.events: list[Event] = []
        self.is_gone = False
        self._protocol = protocol
        self._h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self._h2.initiate_connection()
        self._h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: takes})
        self.connection = Connection()
        self.connection.connection_made(self)
        if not self.is_gone:
            self._flush()

    # --- what the connection does with it

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        if name == "socket":
            return SimpleNamespace(setsockopt=lambda *_: None)
        return SimpleNamespace(selected_alpn_protocol=lambda: self._protocol)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.events += self._h2.receive_data(bytes(data))

    def abort(self) -> None:
        self.is_gone = True

    # --- what it does

    @property
    def asked(self) -> list[int]:
        return [each.stream_id or 0 for each in self.events if isinstance(each, RequestReceived)]

    def answer(self, stream: int, body: bytes, **fields: str) -> None:
        """Answer all of it, as fast as the other side takes it."""
        self._h2.send_headers(stream, [(":status", "200"), *fields.items()])
        while body:
            room = min(self._h2.local_flow_control_window(stream), self._h2.max_outbound_frame_size)
            assert room, "the other side takes nothing more"
            self._h2.send_data(stream, body[:room])
            body = body[room:]
            self._flush()
        self._h2.end_stream(stream)
        self._flush()

    def break_off(self, stream: int) -> None:
        self._h2.reset_stream(stream)
        self._flush()

    def leave(self) -> None:
        self._h2.close_connection()
        self._flush()

    def _flush(self) -> None:
        while data := self._h2.data_to_send():
            self.connection.data_received(data)


async def ask(agent: Agent, times: int) -> list[asyncio.Task[Reply]]:
    """So many questions, which wait."""
    tasks = [asyncio.create_task(agent.connection.get(URI, {"X-Consul-Token": "t"})) for _ in range(times)]
    await asyncio.sleep(0)
    return tasks


def test_each_question_gets_its_own_answer_whatever_the_order() -> None:
    async def play() -> None:
        agent = Agent()
        tasks = await ask(agent, 3)
        for stream in reversed(agent.asked):
            agent.answer(stream, b"[%d]" % stream, **{"x-consul-index": str(stream)})
        replies = [await task for task in tasks]
        assert [reply.body for reply in replies] == [b"[%d]" % stream for stream in agent.asked]
        assert [reply.fields["x-consul-index"] for reply in replies] == ["1", "3", "5"]
        assert {reply.status for reply in replies} == {200}

    run(play())


def test_a_question_says_what_it_says_over_http1() -> None:
    async def play() -> None:
        agent = Agent()
        [task] = await ask(agent, 1)
        [request] = [each for each in agent.events if isinstance(each, RequestReceived)]
        assert {str(name): str(value) for name, value in request.headers or ()} == {
            ":method": "GET",
            ":scheme": "https",
            ":authority": "consul:8501",
            ":path": "/v1/health/service/web?index=7",
            "accept-encoding": "identity",
            "user-agent": "headgate",
            "x-consul-token": "t",
        }
        task.cancel()

    run(play())


def test_an_answer_that_is_larger_than_all_windows_arrives() -> None:
    async def play() -> None:
        agent = Agent()
        body = bytes(range(256)) * 100_000
        [task] = await ask(agent, 1)
        agent.answer(agent.asked[0], body)
        assert (await task).body == body
        assert any(isinstance(each, WindowUpdated) for each in agent.events)

    run(play())


def test_a_connection_takes_no_more_questions_than_the_agent_does() -> None:
    async def play() -> None:
        agent = Agent(takes=3)
        assert agent.connection.has_room
        tasks = await ask(agent, 3)
        assert not agent.connection.has_room
        agent.answer(agent.asked[0], b"[]")
        await tasks[0]
        assert agent.connection.has_room
        for task in tasks:
            task.cancel()

    run(play())


def test_a_question_that_is_given_up_is_broken_off_and_makes_room() -> None:
    async def play() -> None:
        agent = Agent(takes=1)
        [task] = await ask(agent, 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert isinstance(agent.events[-1], StreamReset)
        assert agent.connection.has_room

    run(play())


def test_an_answer_that_is_broken_off_fails_alone() -> None:
    async def play() -> None:
        agent = Agent()
        one, other = await ask(agent, 2)
        agent.break_off(agent.asked[0])
        agent.answer(agent.asked[1], b"[]")
        with pytest.raises(OSError, match="broken off"):
            await one
        assert (await other).body == b"[]"

    run(play())


@pytest.mark.parametrize("end", ["leaves", "lost", "garbage"])
def test_with_the_connection_all_its_questions_fail(end: str) -> None:
    async def play() -> None:
        agent = Agent()
        tasks = await ask(agent, 2)
        if end == "leaves":
            agent.leave()
        elif end == "lost":
            agent.connection.connection_lost(None)
        else:
            agent.connection.data_received(DATA_OF_NOBODY)
        for task in tasks:
            with pytest.raises(OSError, match=r"closed|HTTP"):
                await task
        assert agent.is_gone
        assert not agent.connection.has_room

    run(play())


def test_an_agent_that_speaks_http1_only_is_asked_like_that() -> None:
    async def play() -> None:
        agent = Agent(protocol="http/1.1")
        assert agent.events == []
        with pytest.raises(NotSpokenError):
            await agent.connection.ready

        class Plain:
            at_once = 1

            async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
                return Reply(200, {}, b"plain")

            async def put(self, uri: str, fields: Mapping[str, str], data: bytes) -> Reply:
                return Reply(200, {}, data)

            async def close(self) -> None:
                pass

        class Refused(Http2Line):
            def __init__(self) -> None:
                pass

            async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
                raise NotSpokenError

        line = TlsLine(Refused(), Plain())
        assert line.at_once > 1
        assert (await line.put(URI, {}, b"written")).body == b"written"
        assert (await line.get(URI, {})).body == b"plain"
        assert line.at_once == 1

    run(play())

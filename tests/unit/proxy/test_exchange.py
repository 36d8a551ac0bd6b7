"""A request goes to a server and its answer comes back, byte for byte, on connections used again."""

import asyncio
from typing import Any

import pytest

from ingress.model.backend import BackendSettings
from tests.unit.proxy.conftest import OK, Backends, Conversation

GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nX-Own: 1\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"


def bodies(answer: bytes) -> list[bytes]:
    return [part.split(b"\r\n\r\n", 1)[-1] for part in answer.split(b"HTTP/1.1 ")[1:]]


async def test_a_request_reaches_the_server_as_it_came_with_who_asked(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(GET + LAST)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
    head = backends.heads[0]
    assert head.startswith(b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nX-Own: 1\r\n")
    for line in (b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Proto: http", b"X-Forwarded-Port: 80",
                 b"X-Forwarded-Host: www.example.com", b"X-Real-IP: 127.0.0.1"):  # fmt: skip
        assert head.count(line + b"\r\n") == 1
    assert b"X-Request-ID: " in head


async def test_what_an_untrusted_client_says_of_itself_is_replaced(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        lie = b"X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
        await plane.talk(GET.replace(b"X-Own: 1\r\n", lie) + LAST)
    assert b"6.6.6.6" not in backends.heads[0]


async def test_pipelined_requests_are_answered_in_order_on_one_connection(
    front: Any, backends: Backends
) -> None:
    async def number(conversation: Conversation) -> None:
        while head := await conversation.head():
            name = head.split()[1]
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name))

    requests = [GET.replace(b"/a?b=c", b"/%d" % index) for index in range(9)]
    async with front() as plane, backends.serve(number) as server:
        plane.route(server)
        answer = await plane.talk(b"".join(requests) + LAST)
    assert bodies(answer) == [*(b"/%d" % index for index in range(9)), b"/last"]
    assert len(backends.connections) == 1


@pytest.mark.parametrize("lost", [1, 2, 5])
@pytest.mark.parametrize("found", [0, 1, 3])
async def test_pipelined_requests_that_are_answered_at_once_are_answered_once(
    lost: int, found: int, front: Any, backends: Backends
) -> None:
    """Those without a route need no server, so one follows the other in one turn."""
    nowhere = GET.replace(b"www.example.com", b"nowhere.example")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await plane.connect()
        writer.write(nowhere * lost + GET * found)
        await plane.until(lambda: len(plane.log) >= lost + found)
        writer.write(LAST)
        answer = await reader.read()
        writer.close()
    assert answer.count(b"HTTP/1.1 404 ") == lost
    assert answer.count(b"HTTP/1.1 200 ") == len(backends.heads) == found + 1


@pytest.mark.parametrize("cut", range(1, len(GET), 7))
async def test_a_request_is_the_same_wherever_the_packets_split(
    cut: int, front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET[:cut])
        await asyncio.sleep(0.002)
        writer.write(GET[cut:] + LAST)
        answer = await reader.read()
        writer.close()
    assert bodies(answer) == [b"ok", b"ok"]


@pytest.mark.parametrize("body", [b"hello", b"x" * 300_000])
async def test_a_request_body_arrives_whole(body: bytes, front: Any, backends: Backends) -> None:
    post = b"POST / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(post + LAST)
    assert bodies(answer) == [b"ok", b"ok"]
    assert backends.bodies == [body]


async def test_a_chunked_body_arrives_in_chunks(front: Any, backends: Backends) -> None:
    sent = b"5\r\nhello\r\n0\r\n\r\n"

    async def read_chunks(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        backends.bodies.append(await conversation.reader.readexactly(len(sent)))
        conversation.say(OK)

    post = (
        b"POST / HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    async with front() as plane, backends.serve(read_chunks) as server:
        plane.route(server)
        answer = await plane.talk(post + b"5;x=y\r\nhello\r\n0\r\n\r\n")
    assert bodies(answer) == [b"ok"]
    assert backends.bodies == [sent]


def answering(*pieces: bytes, close: bool = False) -> Any:
    async def handler(conversation: Conversation) -> None:
        while await conversation.head():
            for piece in pieces:
                conversation.say(piece)
                await asyncio.sleep(0.002)
            if close:
                return

    return handler


async def test_a_chunked_answer_is_passed_on_in_chunks_and_the_connection_kept(
    front: Any, backends: Backends
) -> None:
    handler = answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n"
    )
    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        answer = await plane.talk(GET + LAST)
    assert bodies(answer) == [b"3\r\nabc\r\n0\r\n\r\n"] * 2
    assert len(backends.connections) == 1


async def test_an_http_1_0_client_gets_a_chunked_answer_plain_and_until_close(
    front: Any, backends: Backends
) -> None:
    handler = answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"
    )
    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        answer = await plane.talk(
            b"GET / HTTP/1.0\r\nHost: www.example.com\r\nConnection: keep-alive\r\n\r\n"
        )
    assert answer.endswith(b"\r\n\r\nabcde")
    assert b"Transfer-Encoding" not in answer
    assert b"Connection: close" in answer


async def test_an_http_1_0_client_may_keep_its_connection(front: Any, backends: Backends) -> None:
    old = b"GET / HTTP/1.0\r\nHost: www.example.com\r\nConnection: keep-alive\r\n\r\n"
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(old + old.replace(b"Connection: keep-alive\r\n", b""))
    assert bodies(answer) == [b"ok", b"ok"]
    assert answer.count(b"Connection: keep-alive") == 1


async def test_an_answer_that_ends_with_its_connection_is_whole(front: Any, backends: Backends) -> None:
    handler = answering(b"HTTP/1.1 200 OK\r\n\r\nabc", b"def", close=True)
    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        answer = await plane.talk(GET)
    assert bodies(answer) == [b"abcdef"]
    assert b"Connection: close" in answer


async def test_head_204_and_304_have_no_body_and_keep_the_connection(front: Any, backends: Backends) -> None:
    async def handler(conversation: Conversation) -> None:
        while head := await conversation.head():
            match head.split()[1]:
                case b"/204":
                    conversation.say(b"HTTP/1.1 204 No Content\r\n\r\n")
                case b"/304":
                    conversation.say(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n")
                case b"/head":
                    conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
                case _:
                    conversation.say(OK)

    requests = GET.replace(b"/a?b=c", b"/204") + GET.replace(b"/a?b=c", b"/304")
    requests += GET.replace(b"GET /a?b=c", b"HEAD /head")
    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        answer = await plane.talk(requests + LAST)
    assert bodies(answer) == [b"", b"", b"", b"ok"]
    assert len(backends.connections) == 1


async def test_100_continue_is_passed_both_ways(front: Any, backends: Backends) -> None:
    async def handler(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        backends.bodies.append(await conversation.reader.readexactly(5))
        conversation.say(OK)

    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(
            b"PUT / HTTP/1.1\r\nHost: www.example.com\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"hello")
        assert (await reader.readexactly(len(OK))).endswith(b"ok")
        writer.close()
    assert b"Expect: 100-continue" in backends.heads[0]
    assert backends.bodies == [b"hello"]


async def test_early_hints_come_before_the_answer(front: Any, backends: Backends) -> None:
    handler = answering(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK)
    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        answer = await plane.talk(GET + LAST)
    assert answer.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n")


async def test_a_websocket_becomes_a_tunnel(front: Any, backends: Backends) -> None:
    async def handler(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        conversation.say(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi "
        )
        while data := await conversation.reader.read(100):
            conversation.say(data.upper())

    async with front() as plane, backends.serve(handler) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        writer.write(GET.replace(b"X-Own: 1", b"Connection: Upgrade\r\nUpgrade: websocket"))
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"there")
        assert await reader.readexactly(8) == b"hi THERE"
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        await plane.until(lambda: bool(plane.log))
        assert not plane.site.relays
        assert not plane.site.clients
    assert head.lower().count(b"upgrade: websocket") == 1
    assert b"\r\nupgrade: websocket\r\n" in backends.heads[0].lower()
    assert b'"status":101' in plane.log[0]


async def test_a_request_without_a_route_is_404_and_the_connection_kept(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(GET.replace(b"www.example.com", b"other.example.com") + LAST)
    assert answer.startswith(b"HTTP/1.1 404 Not Found\r\n")
    assert b"\r\nX-Headgate-Reason: no-route\r\n" in answer
    assert answer.endswith(b"ok")


async def test_a_route_without_servers_is_503(front: Any) -> None:
    async with front() as plane:
        plane.route()
        answer = await plane.talk(LAST)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nX-Headgate-Reason: no-endpoints\r\n" in answer


async def test_before_the_first_state_nothing_is_said_to_be_missing(front: Any) -> None:
    async with front() as plane:
        answer = await plane.talk(LAST)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"\r\nX-Headgate-Reason: starting\r\n" in answer


async def test_what_is_no_request_is_refused_and_nothing_behind_it_is_heard(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        answer = await plane.talk(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + GET)
        await plane.until(lambda: bool(plane.log))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nX-Headgate-Reason: bad-request\r\n" in answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert backends.heads == []


async def test_each_request_is_a_line_in_the_log(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        await plane.talk(
            LAST.replace(b"/last", b'/"quoted"').replace(b"\r\n\r\n", b"\r\nX-Request-ID: mine\r\n\r\n")
        )
    (line,) = plane.log
    assert b'"path":"/\\"quoted\\""' in line
    assert b'"route":"ingress default/web"' in line
    assert b'"server":"%b"' % server.address.encode() in line
    assert b'"status":200,"bytes":2' in line
    assert b'"request_id":"mine"' in line


async def test_a_clients_request_id_goes_on_as_it_came_and_is_escaped_in_the_log_alone(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        await plane.talk(LAST.replace(b"\r\n\r\n", b'\r\nX-Request-ID: a"b\r\n\r\n'))
    assert b'\r\nX-Request-ID: a"b\r\n' in backends.heads[0]
    assert b'"request_id":"a\\"b"' in plane.log[0]


async def test_settings_of_the_backend_are_in_force_for_the_next_request(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        plane.route(server, settings=BackendSettings(tries=7))
        await plane.talk(LAST)
        assert plane.site.backend("test:www.example.com/").settings.tries == 7
        assert len(backends.connections) == 1


@pytest.mark.parametrize(
    "pieces", [[b"\r\n" + LAST], [b"\r\n\r\n", LAST], [b"\r", b"\n" + LAST[:3], LAST[3:]]]
)
async def test_empty_lines_before_a_request_are_passed_over(
    pieces: list[bytes], front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.002)
        assert bodies(await reader.read()) == [b"ok"]
        writer.close()

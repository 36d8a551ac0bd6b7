"""What rules ask for one exchange beside its head, as the client, the server and the log see it."""

import json
from typing import Any

import pytest

from ingress.acl.cursor import Family
from ingress.acl.file_uses import Names, name_files, no_users
from ingress.acl.grammar import parse_rules
from ingress.model.backend import Server
from ingress.model.change import PutFile
from ingress.model.patterns import PatternFile
from ingress.model.policy import Policy
from ingress.model.settings import Limits, Settings
from tests.unit.proxy.conftest import Backends, Conversation

GET = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\nX-A: 1\r\nConnection: close\r\n\r\n"
TRUSTING = Settings(trusted_proxies=("127.0.0.0/8",))


def policy(request: str = "", response: str = "", final: str = "", first: str = "") -> Policy:
    return Policy(
        parse_rules(request, {}),
        response_rules=parse_rules(response, {}, Family.RESPONSE),
        final_rules=parse_rules(final, {}, Family.FINAL),
        connection_rules=parse_rules(first, {}, Family.CONNECTION),
    )


async def log_of(front: Any, backends: Backends, rules: Policy, data: bytes = GET) -> list[dict[str, Any]]:
    """The lines of the log that a request leaves under these rules."""
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        await plane.talk(data)
        return [json.loads(line) for line in plane.log]


async def test_captured_samples_are_in_the_log_by_their_names(front: Any, backends: Backends) -> None:
    rules = policy(
        "capture req.fhdr(x-q) len 10\ncapture hdr(none) len 9\ncapture path,regsub(a,x) len 2",
        "capture res.fhdr(content-length) len 5",
        "capture status len 3",
        "connection capture src len 3",
    )
    (line,) = await log_of(front, backends, rules, GET.replace(b"X-A: 1", b'X-Q: say "hi" there'))
    assert line["captured"] == {
        "src": "127",
        "req.fhdr(x-q)": 'say "hi" t',
        "path,regsub(a,x)": "/x",
        "res.fhdr(content-length)": "2",
        "status": "200",
    }
    assert "level" not in line


async def test_what_is_captured_has_a_bound_for_all_of_a_request(front: Any, backends: Backends) -> None:
    rules = policy("\n".join(f"capture hdr(x-b),concat({number}) len 1024" for number in range(20)))
    long = GET.replace(b"X-A: 1", b"X-B: " + b"b" * 2000)
    (line,) = await log_of(front, backends, rules, long)
    assert 7000 < sum(map(len, line["captured"].values())) <= 8 * 1024


@pytest.mark.parametrize("rules", [policy("set-log-level silent"), policy(response="set-log-level silent")])
async def test_a_silent_request_leaves_no_line(rules: Policy, front: Any, backends: Backends) -> None:
    assert await log_of(front, backends, rules) == []


async def test_a_request_that_is_refused_is_silent_too(front: Any, backends: Backends) -> None:
    assert await log_of(front, backends, policy("set-log-level silent\ndeny")) == []


async def test_the_last_level_counts(front: Any, backends: Backends) -> None:
    (line,) = await log_of(front, backends, policy("set-log-level silent\nset-log-level err"))
    assert line["level"] == "err"


async def until_timeout(front: Any, backends: Backends, rules: str, ticks: int) -> bytes:
    """The answer, or nothing where the server still has its time after so many ticks."""

    async def mute(conversation: Conversation) -> None:
        await conversation.head()
        await conversation.reader.read()

    async with front() as plane, backends.serve(mute) as server:
        plane.route(server, policy=policy(rules))
        reader, writer = await plane.connect()
        writer.write(GET.replace(b"GET", b"POST"))
        await plane.until(lambda: bool(backends.connections and plane.site.upstreams))
        await plane.until(lambda: any(up.attempt is not None for up in plane.site.upstreams))
        plane.expire(ticks)
        done: bool = not any(up.attempt is not None for up in plane.site.upstreams)
        answer: bytes = await reader.read() if done else b""
        writer.close()
    return answer


@pytest.mark.parametrize(
    "rules", ["set-timeout server 5s", "set-timeout server 5000", "set-timeout server hdr(x-a),mul(5000)"]
)
async def test_a_server_has_the_time_that_a_rule_gives_it(rules: str, front: Any, backends: Backends) -> None:
    assert await until_timeout(front, backends, rules, 4) == b""
    assert (await until_timeout(front, backends, rules, 7)).startswith(b"HTTP/1.1 504 ")


async def test_a_longer_time_than_that_of_the_backend_is_given_too(front: Any, backends: Backends) -> None:
    assert await until_timeout(front, backends, "set-timeout server 10m", 500) == b""
    assert (await until_timeout(front, backends, "", 500)).startswith(b"HTTP/1.1 504 ")


async def test_a_rule_without_a_sample_leaves_the_time_as_it_is(front: Any, backends: Backends) -> None:
    assert await until_timeout(front, backends, "set-timeout server hdr(none)", 50) == b""


async def test_a_tunnel_ends_when_nothing_moves_for_the_time_of_a_rule(
    front: Any, backends: Backends
) -> None:
    async def switch(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")
        await conversation.reader.read()

    head = GET.replace(b"Connection: close", b"Connection: upgrade\r\nUpgrade: x")
    async with front() as plane, backends.serve(switch) as server:
        plane.route(server, policy=policy("set-timeout tunnel 5s"))
        reader, writer = await plane.connect()
        writer.write(head)
        await reader.readuntil(b"\r\n\r\n")
        plane.expire(4)
        assert len(plane.site.relays) == 1
        plane.expire(4)
        assert await reader.read() == b""
        writer.close()


@pytest.mark.parametrize(("rules", "status"), [("disable-l7-retry", b"502"), ("", b"200")])
async def test_a_request_may_be_tried_once_alone(
    rules: str, status: bytes, front: Any, backends: Backends
) -> None:
    async def moody(conversation: Conversation) -> None:
        backends.heads.append(await conversation.head())
        if len(backends.heads) == 1:
            conversation.reset()
        else:
            conversation.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    async with front() as plane, backends.serve(moody) as server:
        plane.route(server, policy=policy(rules))
        answer = await plane.talk(GET)
    assert answer.split()[1] == status


async def test_a_server_that_cannot_be_reached_is_followed_by_another_all_the_same(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(Server("127.0.0.1", 1), server, policy=policy("disable-l7-retry"))
        answers = [await plane.talk(GET) for _ in range(2)]
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


MOVE = "set-src hdr_ip(x-real)\nset-src-port int(7)\nset-header X-Seen '%[src]:%[src_port]'"


async def test_a_client_behind_a_trusted_proxy_is_known_by_its_own_address(
    front: Any, backends: Backends
) -> None:
    first = GET.replace(b"Connection: close", b"X-Real: 192.0.2.7")
    async with front(TRUSTING) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy(MOVE))
        await plane.talk(first + GET)
        assert [json.loads(line)["client"] for line in plane.log] == ["192.0.2.7", "127.0.0.1"]
    moved, own = backends.heads
    assert b"\r\nX-Seen: 192.0.2.7:7\r\n" in moved
    assert b"\r\nX-Forwarded-For: 192.0.2.7\r\nX-Real-IP: 192.0.2.7\r\n" in moved
    # The next request of the same connection says nothing of where it is from.
    assert b"\r\nX-Seen: 127.0.0.1:7\r\n" in own
    assert b"\r\nX-Real-IP: 127.0.0.1\r\n" in own


async def test_a_client_that_is_not_trusted_cannot_say_where_it_is_from(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy(MOVE))
        await plane.talk(GET.replace(b"X-A: 1", b"X-Real: 192.0.2.7"))
    assert b"\r\nX-Seen: 127.0.0.1:" in backends.heads[0]
    assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in backends.heads[0]


async def test_a_part_of_its_address_may_stand_for_any_client(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("set-src src,ipmask(8)"))
        await plane.talk(GET)
    assert b"\r\nX-Forwarded-For: 127.0.0.0\r\n" in backends.heads[0]


async def test_connections_are_counted_by_where_they_really_come_from(front: Any, backends: Backends) -> None:
    settings = Settings(limits=Limits(connections_per_client=1))
    async with front(settings) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy("set-src src,ipmask(8)\nreject"))
        for _ in range(3):
            assert await plane.talk(GET) == b""
        plane.route(server, policy=policy("set-src src,ipmask(8)"))
        assert (await plane.talk(GET)).startswith(b"HTTP/1.1 200 ")


async def test_where_the_client_went_can_be_said_too(front: Any, backends: Backends) -> None:
    rules = "set-dst str(192.0.2.1)\nset-dst-port int(8443)\nset-header X-To '%[dst]:%[dst_port]'"
    async with front(TRUSTING) as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy(rules))
        await plane.talk(GET)
    assert b"\r\nX-To: 192.0.2.1:8443\r\n" in backends.heads[0]


HINTS = "early-hint Link </a.css>\nearly-hint Link </b.js> if { path /a }\nset-header X-B 1\nearly-hint X-C d"


async def test_hints_in_a_row_come_as_one_answer_ahead_of_the_real_one(
    front: Any, backends: Backends
) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy(HINTS))
        answer = await plane.talk(GET)
    first, second, real = answer.split(b"\r\n\r\n")[:3]
    assert first == b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.js>"
    assert second == b"HTTP/1.1 103 Early Hints\r\nX-C: d"
    assert real.startswith(b"HTTP/1.1 200 ")


async def test_a_client_of_http_1_0_gets_no_hints(front: Any, backends: Backends) -> None:
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=policy(HINTS))
        answer = await plane.talk(GET.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert answer.startswith(b"HTTP/1.1 200 ")


PAGE = "HTTP/1.0 418 Short and stout\nContent-Type: text/html\nContent-Length: 9\nX-Pot: tea\n\n<p>tea</p>\n"


@pytest.mark.parametrize(
    ("rule", "status", "head", "body"),
    [
        ("return file configmap:p/k content-type text/x", b"200", b"Content-Type: text/x", PAGE.encode()),
        ("deny status 499 file configmap:p/k hdr X-Y %[path]", b"499", b"X-Y: /a", PAGE.encode()),
        ("return status 503 errorfile configmap:p/k", b"418", b"X-Pot: tea", b"<p>tea</p>\n"),
        ("deny errorfile configmap:p/k", b"418", b"Content-Type: text/html", b"<p>tea</p>\n"),
    ],
)
async def test_an_answer_may_come_out_of_a_file(
    rule: str, status: bytes, head: bytes, body: bytes, front: Any, backends: Backends
) -> None:
    rules = name_files(policy(rule), Names(lambda _: "file:test:n/p/k", no_users))
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.apply.put(PutFile(PatternFile("file:test:n/p/k", PAGE)))
        plane.route(server, policy=rules)
        answer = await plane.talk(GET)
        plane.apply.put(PutFile(PatternFile("file:test:n/p/k", PAGE.replace("tea", "cup"))))
        other = await plane.talk(GET)
    assert answer.split()[1] == status
    assert b"\r\n" + head + b"\r\n" in answer
    assert answer.endswith(b"\r\n\r\n" + body)
    assert answer.partition(b"\r\n\r\n")[0].lower().count(b"content-length:") == 1
    assert other.endswith(body.replace(b"tea", b"cup"))


async def test_a_refusal_has_the_text_of_its_rule(front: Any, backends: Backends) -> None:
    rules = policy('deny deny_status 429 content-type text/html lf-string "<p>%[src]" hdr Retry-After 5')
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        answer = await plane.talk(GET)
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert b"\r\nContent-Type: text/html\r\nRetry-After: 5\r\nX-Headgate-Reason: denied\r\n" in answer
    assert answer.endswith(b"\r\n\r\n<p>127.0.0.1")


async def test_fields_like_a_name_reach_nobody(front: Any, backends: Backends) -> None:
    rules = policy("del-header X- -m beg\ndel-header o -m sub", "del-header ^content -m reg")
    async with front() as plane, backends.serve(backends.echo) as server:
        plane.route(server, policy=rules)
        answer = await plane.talk(GET.replace(b"X-A: 1", b"X-A: 1\r\nCookie: a\r\nAccept: */*"))
    assert b"X-A: 1" not in backends.heads[0]
    assert b"Cookie" not in backends.heads[0]
    assert b"\r\nAccept: */*\r\n" in backends.heads[0]
    assert b"\r\nHost: www.example.com\r\n" in backends.heads[0]
    assert b"\r\nContent-Length: 2\r\n" in answer

"""A client stays on its server: by a cookie, by a hash, and where that server is gone, on another one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from discovery.persistence_options import parse_balance, parse_cookie
from ingress.filter.sticky import StickyCookie
from ingress.model.backend import Backend, BackendSettings, Group, Server
from ingress.model.change import PutBackend
from ingress.model.policy import Policy, ServerRule
from tests.unit.proxy.conftest import Backends, Conversation

INSERT = "SRV insert indirect nocache httponly secure attr SameSite=Lax"
KEY = "a key that only the replicas have"


def settings(cookie: str = "", balance: str = "roundrobin", key: str = KEY) -> BackendSettings:
    wanted = parse_cookie(cookie) if cookie else None
    return BackendSettings(balance=parse_balance(balance), cookie=wanted, cookie_key=key)


class Stage:
    """Servers that say who they are, behind one route."""

    def __init__(self, plane: Any) -> None:
        self.plane = plane
        self.servers: list[Server] = []
        self.heads: list[bytes] = []
        self.says = ""
        """Fields of their answers."""

    async def answer(self, conversation: Conversation) -> None:
        port = conversation.writer.get_extra_info("sockname")[1]
        while head := await conversation.head():
            self.heads.append(head)
            fields = f"HTTP/1.1 200 OK\r\nX-Server: {port}\r\n{self.says}Content-Length: 0\r\n\r\n"
            conversation.say(fields.encode())

    async def ask(
        self, *fields: str, path: str = "/", method: str = "GET", ours: str = "127.0.0.1"
    ) -> "Answer":
        lines = (f"{method} {path} HTTP/1.1", "Host: www.example.com", "Connection: close", *fields)
        data = "\r\n".join(lines) + "\r\n\r\n"
        return Answer(await self.plane.talk(data.encode(), ours))

    def put(self, *servers: Server, groups: tuple[Group, ...] = ()) -> None:
        """Change the servers of the backend, and the shares of their groups."""
        was = self.plane.site.backends["test:www.example.com/"].settings
        self.plane.apply.put(PutBackend(Backend("test:www.example.com/", servers, was, groups=groups)))


class Answer:
    """What a client got."""

    def __init__(self, data: bytes) -> None:
        head, *lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        self.status = int(head.split()[1])
        self.fields = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]

    def all(self, name: str) -> list[str]:
        return [value for field, value in self.fields if field == name]

    @property
    def server(self) -> str:
        return self.all("x-server")[0]

    @property
    def cookie(self) -> str:
        """Name and value of the only cookie that is set; empty: none is."""
        return "".join(self.all("set-cookie")).partition(";")[0]


@asynccontextmanager
async def stage(
    front: Any, backends: Backends, wanted: BackendSettings, number: int = 3
) -> AsyncIterator[Stage]:
    async with front() as plane, AsyncExitStack() as stack:
        made = Stage(plane)
        for _ in range(number):
            made.servers.append(await stack.enter_async_context(backends.serve(made.answer)))
        plane.route(*made.servers, settings=wanted)
        yield made


async def test_a_client_is_given_a_cookie_and_stays_where_it_is(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings(INSERT)) as shop:
        first = await shop.ask()
        assert first.all("set-cookie") == [f"{first.cookie}; path=/; HttpOnly; Secure; SameSite=Lax"]
        assert first.all("cache-control") == ["private"]
        for _ in range(6):
            again = await shop.ask(f"Cookie: a=1; {first.cookie}; b=2")
            assert (again.server, again.cookie, again.all("cache-control")) == (first.server, "", [])
        assert {(await shop.ask()).server for _ in range(6)} == {str(server.port) for server in shop.servers}


async def test_the_cookie_tells_nothing_of_the_address_and_is_the_same_everywhere(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings(INSERT), 1) as shop:
        cookie = (await shop.ask()).cookie
        assert str(shop.servers[0].port) not in cookie
        for key, same in ((KEY, True), ("another key that nobody has", False)):
            async with front() as replica:
                replica.route(*shop.servers, settings=settings(INSERT, key=key))
                data = await replica.talk(
                    b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
                )
                assert (Answer(data).cookie == cookie) is same


async def test_with_indirect_no_server_sees_the_cookie_and_without_it_does(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings("SRV insert indirect")) as shop:
        await shop.ask("Cookie: a=1; SRV=x; b=2", "Cookie: SRV=y")
        assert b"\r\nCookie: a=1; b=2\r\n" in shop.heads[-1]
        await shop.ask("Cookie: SRV=y")
        assert b"ookie" not in shop.heads[-1]
    async with stage(front, backends, settings("SRV insert")) as shop:
        await shop.ask("Cookie: a=1; SRV=x")
        assert b"\r\nCookie: a=1; SRV=x\r\n" in shop.heads[-1]


@pytest.mark.parametrize("sent", ["SRV=nobody", 'a="; SRV=x"', "srv=x", "SRV=", "SRV=x; SRV=y", ",;=\t;"])
async def test_a_cookie_of_nobody_is_replaced(sent: str, front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings("SRV insert")) as shop:
        answer = await shop.ask(f"Cookie: {sent}")
        assert answer.cookie.startswith("SRV=")


async def test_the_first_cookie_of_the_name_decides(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings("SRV insert")) as shop:
        first, second = [await shop.ask(), await shop.ask()]
        again = await shop.ask(f"Cookie: {second.cookie}; {first.cookie}")
        assert (again.server, again.cookie) == (second.server, "")


async def test_what_the_server_sets_under_that_name_is_ours_unless_it_is_preserved(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings("SRV insert indirect"), 1) as shop:
        shop.says = "Set-Cookie: SRV=own; path=/x\r\nSet-Cookie: a=1\r\n"
        answer = await shop.ask()
        assert answer.all("set-cookie")[0] == "a=1"
        ours = answer.all("set-cookie")[1]
        assert ours.startswith("SRV=")
        assert ours.endswith("; path=/")
        assert "own" not in ours
        known = await shop.ask(f"Cookie: {ours.partition(';')[0]}")
        assert known.all("set-cookie") == ["a=1"]
    async with stage(front, backends, settings("SRV insert indirect preserve"), 1) as shop:
        shop.says = "Set-Cookie: SRV=own; path=/x\r\n"
        assert (await shop.ask()).all("set-cookie") == ["SRV=own; path=/x"]


async def test_with_postonly_only_answers_to_post_set_it(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings("SRV insert postonly")) as shop:
        assert (await shop.ask()).cookie == ""
        assert (await shop.ask("Content-Length: 0", method="POST")).cookie.startswith("SRV=")


async def test_an_answer_that_no_cache_may_keep_says_so_already(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings("SRV insert nocache")) as shop:
        shop.says = "Cache-Control: no-store\r\n"
        assert (await shop.ask()).all("cache-control") == ["no-store"]
        shop.says = "Cache-Control: max-age=60\r\n"
        assert (await shop.ask()).all("cache-control") == ["max-age=60", "private"]


async def test_rewrite_replaces_the_value_that_the_server_sets(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings("JS rewrite")) as shop:
        assert (await shop.ask()).cookie == ""
        shop.says = "Set-Cookie: JS=; path=/app; HttpOnly\r\n"
        first = await shop.ask()
        assert first.all("set-cookie") == [f"{first.cookie}; path=/app; HttpOnly"]
        shop.says = ""
        for _ in range(4):
            assert (await shop.ask(f"Cookie: {first.cookie}")).server == first.server


async def test_prefix_precedes_the_value_that_the_server_sets_and_the_server_sees_its_own(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings("JS prefix")) as shop:
        shop.says = "Set-Cookie: JS=abc; path=/app\r\n"
        first = await shop.ask()
        assert first.all("set-cookie") == [f"{first.cookie}; path=/app"]
        assert first.cookie.endswith("~abc")
        for _ in range(4):
            assert (await shop.ask(f"Cookie: a=1; {first.cookie}")).server == first.server
            assert b"\r\nCookie: a=1; JS=abc\r\n" in shop.heads[-1]
        await shop.ask("Cookie: JS=nobody~abc")
        assert b"\r\nCookie: JS=abc\r\n" in shop.heads[-1]
        await shop.ask("Cookie: JS=abc")
        assert b"\r\nCookie: JS=abc\r\n" in shop.heads[-1]


async def test_a_server_that_drains_keeps_its_clients_and_gets_no_others(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings(INSERT)) as shop:
        first = await shop.ask()
        leaving = next(server for server in shop.servers if str(server.port) == first.server)
        others = [server for server in shop.servers if server is not leaving]
        shop.put(*others, replace(leaving, drain=True))
        assert {(await shop.ask()).server for _ in range(6)} == {str(server.port) for server in others}
        again = await shop.ask(f"Cookie: {first.cookie}")
        assert (again.server, again.cookie) == (first.server, "")
        shop.put(*others)
        moved = await shop.ask(f"Cookie: {first.cookie}")
        assert moved.server != first.server
        assert moved.cookie not in {"", first.cookie}
        assert (await shop.ask(f"Cookie: {moved.cookie}")).server == moved.server


async def test_a_server_that_nobody_can_reach_loses_its_clients_without_a_failure(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings(INSERT), 2) as shop:
        dead = Server("127.0.0.1", 1)
        cookie = "SRV=" + StickyCookie(parse_cookie(INSERT), KEY).value_of(dead.address).decode()
        shop.put(*shop.servers, dead)
        moved = await shop.ask(f"Cookie: {cookie}")
        assert moved.status == 200
        assert moved.cookie not in {"", cookie}


async def test_a_group_without_a_share_loses_its_clients(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings(INSERT), 2) as shop:
        pod, machine = shop.servers[0], replace(shop.servers[1], group=1)
        shop.put(pod, machine, groups=(Group("kubernetes", 0), Group("consul", 100)))
        first = await shop.ask()
        assert first.server == str(machine.port)
        shop.put(pod, machine, groups=(Group("kubernetes", 99), Group("consul", 1)))
        assert (await shop.ask(f"Cookie: {first.cookie}")).server == first.server
        shop.put(pod, machine, groups=(Group("kubernetes", 100), Group("consul", 0)))
        assert (await shop.ask(f"Cookie: {first.cookie}")).server == str(pod.port)


@pytest.mark.parametrize(
    ("balance", "of_one", "of_others"),
    [
        ("uri", {"path": "/a?x=1"}, [{"path": f"/{n}"} for n in range(20)]),
        ("uri whole", {"path": "/a?x=1"}, [{"path": f"/a?x={n}"} for n in range(20)]),
        ("uri depth 1", {"path": "/a/b"}, [{"path": f"/{n}/b"} for n in range(20)]),
        ("url_param user", {"path": "/?user=1"}, [{"path": f"/?user={n}"} for n in range(20)]),
        ("source", {"ours": "127.0.0.7"}, [{"ours": f"127.0.1.{n}"} for n in range(1, 20)]),
    ],
)
async def test_what_of_a_request_decides_keeps_it_on_one_server(
    balance: str, of_one: dict[str, str], of_others: list[dict[str, str]], front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings(balance=balance)) as shop:
        assert len({(await shop.ask(**of_one)).server for _ in range(5)}) == 1
        assert len({(await shop.ask(**each)).server for each in of_others}) == 3
        assert (await shop.ask()).cookie == ""


async def test_requests_without_the_header_go_to_the_servers_in_turn(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings(balance="hdr(X-User)")) as shop:
        assert len({(await shop.ask()).server for _ in range(3)}) == 3
        assert len({(await shop.ask("X-User: ann")).server for _ in range(5)}) == 1
        assert len({(await shop.ask(f"X-User: u{n}")).server for n in range(20)}) == 3


async def test_a_cookie_is_asked_before_the_hash(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings(INSERT, "source")) as shop:
        first = await shop.ask(ours="127.0.0.7")
        others = [await shop.ask(ours=f"127.0.1.{n}") for n in range(1, 20)]
        other = next(answer for answer in others if answer.server != first.server)
        assert (await shop.ask(f"Cookie: {other.cookie}", ours="127.0.0.7")).server == other.server


async def test_where_the_server_of_a_key_fails_another_one_answers(front: Any, backends: Backends) -> None:
    async with stage(front, backends, settings(balance="uri"), 2) as shop:
        shop.put(*shop.servers, Server("127.0.0.1", 1))
        answers = [await shop.ask(path=f"/{n}") for n in range(30)]
        assert {answer.status for answer in answers} == {200}


async def test_a_rule_that_names_a_server_wins_and_the_cookie_then_names_that_one(
    front: Any, backends: Backends
) -> None:
    async with stage(front, backends, settings(INSERT), 2) as shop:
        one, other = shop.servers
        shop.plane.route(
            *shop.servers,
            settings=settings(INSERT),
            policy=Policy(servers=(ServerRule((other.address,)),)),
        )
        ours = "SRV=" + StickyCookie(parse_cookie(INSERT), KEY).value_of(one.address).decode()
        moved = await shop.ask(f"Cookie: {ours}")
        assert moved.server == str(other.port)
        assert moved.cookie not in {"", ours}
        again = await shop.ask(f"Cookie: {moved.cookie}")
        assert (again.server, again.cookie) == (str(other.port), "")

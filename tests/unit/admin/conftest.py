"""A view of a small, busy instance, and the admin pages on top of it."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from ingress.admin.app import Desk, application
from ingress.admin.guard import Guard
from ingress.admin.view import (
    CertificateFacts,
    Objection,
    Outage,
    Readiness,
    ShiftFacts,
    SourceFacts,
    WorkerFacts,
)
from ingress.model.backend import Backend, Server
from ingress.model.condition import Call, Condition, Criterion, Match, Term
from ingress.model.explanation import Explanation
from ingress.model.listener import TcpListener, TcpRoute
from ingress.model.patterns import PatternFile
from ingress.model.platform import Platform
from ingress.model.policy import BackendRule, Deny, Policy, Rule, SetHeader
from ingress.model.problem import Problem
from ingress.model.reason import Reason
from ingress.model.route import Host, Origin, PathKind, Route
from ingress.model.times import Times
from ingress.observe.page import (
    Directory,
    Page,
    RouteCell,
    ServerCell,
    WorkerCell,
    route_key,
    server_key,
)

BUILD = "0.1.0"
NOW = 1_800_000_000.0
SHOP = Origin("kubernetes", "ingress", "team-a", "shop")
BLOG = Origin("files", "ingress", "team-b", "blog")
SHOP_80 = "kubernetes:team-a/shop:80"
BLOG_80 = "files:team-b/blog:80"
READY = Readiness(True)
WEB = "kubernetes:team-a/web:80"
PASSWORD = "hunter2-is-a-secret"


@dataclass
class FakeView:
    """A controller that knows what it was made with."""

    page: Page
    directory: Directory
    version: int = 17
    host_facts: list[Host] = field(default_factory=list)
    backend_facts: list[Backend] = field(default_factory=list)
    problem_facts: list[Problem] = field(default_factory=list)
    outage_facts: dict[tuple[str, str], Outage] = field(default_factory=dict)
    ready: Readiness = READY
    token: bytes = b""
    pauses: dict[str, bool] = field(default_factory=dict)

    def read_token(self) -> bytes:
        return self.token

    async def pause(self, backend: str, paused: bool) -> Objection | None:
        """Only one of the shifts can still be paused."""
        if backend != WEB:
            return Objection(409, "it was rolled back")
        self.pauses[backend] = paused
        return None

    def desk(self) -> Desk:
        return Desk(Guard(self.read_token), self.pause)

    def hosts(self) -> Sequence[Host]:
        return list(self.host_facts)

    def backends(self) -> Sequence[Backend]:
        return list(self.backend_facts)

    def explanation(self, name: str) -> Explanation | None:
        return None

    def platforms(self) -> Sequence[Platform]:
        return ()

    def file(self, name: str) -> PatternFile | None:
        return None

    def listeners(self) -> Sequence[TcpListener]:
        return [TcpListener(3306, "kubernetes:team-a/db:3306", SHOP)]

    def tcp_routes(self) -> Sequence[TcpRoute]:
        return [TcpRoute("db.example.com", "kubernetes:team-a/db:3306", SHOP)]

    def certificates(self) -> Sequence[CertificateFacts]:
        return [CertificateFacts("kubernetes:team-a/shop-tls", ("shop.example.com",), NOW + 86400)]

    def problems(self) -> Sequence[Problem]:
        return list(self.problem_facts)

    def outages(self) -> Mapping[tuple[str, str], Outage]:
        return dict(self.outage_facts)

    def sources(self) -> Sequence[SourceFacts]:
        return [
            SourceFacts(
                "kubernetes",
                "degraded",
                "connection refused",
                NOW - 30,
                {"ingresses": "degraded"},
                Times(3, 0.6, 0.1, 0.4),
                {"ingresses": {"lists": 2, "410": 1, "429": 5}},
            ),
            SourceFacts("files", "starting"),
        ]

    def shifts(self) -> Sequence[ShiftFacts]:
        why = "5.0% of the requests to kubernetes failed, at 40 % for kubernetes"
        return [
            ShiftFacts(WEB, "running", 30, "kubernetes", 0.305, 0.01, ""),
            ShiftFacts("consul:api", "rolled-back", 0, "kubernetes", 0.0, 0.05, why),
        ]

    def workers(self) -> Sequence[WorkerFacts]:
        return [WorkerFacts(0, 4711, 1, 17, True), WorkerFacts(1, 0, 3, 16, False)]

    def applies(self) -> Times:
        return Times(4, 0.02, 0.004, 0.008)

    def readiness(self) -> Readiness:
        return self.ready


def policy() -> Policy:
    """Rules with a condition, and with a value that is nobody's business."""
    path = Criterion(Call("path"), Match.BEG, ("/blog",))
    condition = Condition(((Term((path,)),),))
    rules = (Rule(Deny(), condition), Rule(SetHeader("authorization", (PASSWORD,))))
    return Policy(rules, (BackendRule(BLOG_80, condition),))


def add(view: FakeView, worker: int, key: str, counts: Mapping[int, int]) -> None:
    """Let a worker add to cells of a row."""
    column = view.page.column(worker)
    first = column.claim(view.directory.slot_of(key), key)
    for cell, amount in counts.items():
        column.cells[first + cell] += amount


@pytest.fixture
def view() -> FakeView:
    """Two hosts, two backends, three servers of which one is out and one drains, and some traffic."""
    page = Page.create(2, 1 << 17)
    made = FakeView(page, page.directory(lambda: 0.0))
    made.host_facts = [
        Host("www.example.com", (Route(PathKind.PREFIX, "/", BLOG_80, BLOG),)),
        Host(
            "shop.example.com",
            (
                Route(PathKind.PREFIX, "/", SHOP_80, SHOP, policy()),
                Route(PathKind.EXACT, "/cart", SHOP_80, SHOP, Policy(closed="acl: unreadable")),
            ),
        ),
    ]
    shop = (Server("10.0.0.2", 8080, drain=True), Server("10.0.0.1", 8080, name="shop-1"))
    made.backend_facts = [
        Backend(SHOP_80, shop, namespace="team-a", service="shop"),
        Backend(BLOG_80, (Server("fd00::1", 80),), namespace="team-b", service="blog"),
    ]
    made.problem_facts = [Problem(SHOP, "headgate.dev/acl", "unknown fetch", "pth_beg", True)]
    made.outage_facts = {(BLOG_80, "[fd00::1]:80"): Outage((1,), "unreachable")}
    count_traffic(made)
    return made


def count_traffic(view: FakeView) -> None:
    """What two workers have counted."""
    route, server = route_key("team-a", "ingress", "shop", SHOP_80), server_key(SHOP_80, "10.0.0.1:8080")
    for worker in range(2):
        answers: dict[int, int] = {RouteCell.CODE_2XX: 5, RouteCell.CODE_5XX: 1, RouteCell.BYTES_OUT: 700}
        add(view, worker, route, {**answers, RouteCell.MICROSECONDS: 1_500_000})
        add(view, worker, server, {ServerCell.REQUESTS: 6, ServerCell.IN_FLIGHT: 1})
        column = view.page.column(worker)
        column.cells[WorkerCell.REQUESTS_TOTAL] += 10
        column.cells[column.duration(3_000)] += 10
        column.cells[WorkerCell.REQUEST_MICROSECONDS] += 30_000
        column.cells[column.reason(Reason.DENIED)] += 2


@pytest.fixture
def count() -> Callable[..., None]:
    """Let a worker count: `count(view, worker, key, {cell: amount})`."""
    return add


@pytest.fixture
def app(view: FakeView) -> web.Application:
    return application(view, BUILD, lambda: NOW, view.desk())


@dataclass
class Answer:
    """What a page said."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@pytest.fixture
def ask(view: FakeView) -> Callable[..., Answer]:
    """Ask a page: `ask("/readyz", method="HEAD", headers={...}, params={...})`."""

    async def asking(path: str, method: str, **options: Any) -> Answer:
        async with (
            TestClient(TestServer(application(view, BUILD, lambda: NOW, view.desk()))) as client,
            client.request(method, path, **options) as answer,
        ):
            return Answer(answer.status, dict(answer.headers), await answer.text())

    def run(path: str, method: str = "GET", **options: Any) -> Answer:
        return asyncio.run(asking(path, method, **options))

    return run


@pytest.fixture
def big(view: FakeView) -> Callable[[int], None]:
    """Give the view this many hosts and backends, one route and five servers each."""

    def grow(number: int) -> None:
        for place in range(number):
            name = f"kubernetes:team-{place % 50}/svc-{place}:80"
            origin = Origin("kubernetes", "ingress", f"team-{place % 50}", f"ingress-{place}")
            view.host_facts.append(
                Host(f"host-{place}.example.com", (Route(PathKind.PREFIX, "/", name, origin),))
            )
            servers = tuple(Server(f"10.{place % 250}.{place // 250}.{last}", 80) for last in range(1, 6))
            view.backend_facts.append(
                Backend(name, servers, namespace=origin.namespace, service=f"svc-{place}")
            )
            key = route_key(origin.namespace, origin.kind, origin.name, name)
            add(view, 0, key, {RouteCell.CODE_2XX: 1})
            for server in servers:
                view.directory.slot_of(server_key(name, server.address))

    return grow

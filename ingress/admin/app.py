"""The admin application: probes, metrics, the API and the status page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NamedTuple

import msgspec
from aiohttp import web
from msgspec.structs import replace

from ingress.admin.dashboard import load_dashboard
from ingress.admin.errors import REASON_FIELD, answering_errors, error
from ingress.admin.guard import Guard, shows
from ingress.admin.listings import LISTINGS, Listing
from ingress.admin.metrics import exposition
from ingress.admin.pieces import send
from ingress.admin.query import BadQueryError, Query, cursor, parse_query
from ingress.admin.status import status
from ingress.admin.view import Pause, View
from ingress.explain.asked import Asked, read_asked
from ingress.explain.discreet import discreet
from ingress.explain.stage import InForce, explain, facts_of
from ingress.model.reason import Reason
from ingress.model.settings import Settings
from ingress.proxy.tls.hosts import DEFAULT
from ingress.token_file import Token, TokenError, token_in

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
EXPOSITION: Final = "text/plain; version=0.0.4; charset=utf-8"

SAFE: Final = {
    "Server": "Headgate",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Fields of every answer."""

EXPLAINED: Final = ("url", "method", "header", "client", "data")
"""The parameters of a request to be explained."""
MOST_EXPLAINED: Final = 2
"""Requests that are explained at a time."""

NO_TOKEN: Final = token_in("")

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Desk(NamedTuple):
    """Where changes are asked for: who may, and what they do."""

    guard: Guard
    pause: Pause


class Admin:
    """The pages, each of which asks the view afresh."""

    def __init__(self, view: View, build: str, now: Callable[[], float], desk: Desk, token: Token) -> None:
        self._view = view
        self._desk = desk
        self._token = token
        self._build = build
        self._now = now
        self._dashboard = load_dashboard()
        self._explaining = asyncio.Semaphore(MOST_EXPLAINED)

    def pages(self) -> dict[str, Page]:
        """All pages by path."""
        return {
            "/": self.dashboard,
            "/livez": self.livez,
            "/readyz": self.readyz,
            "/metrics": self.metrics,
            "/api/v1/status": self.status,
            **{f"/api/v1/{name}": self.listing(listing) for name, listing in LISTINGS.items()},
            "/api/v1/explain": self.explain,
            "/api/v1/explanations/{id}": self.explanation,
        }

    def changes(self) -> dict[str, Page]:
        """What may be changed, by path."""
        return {
            "/api/v1/shifts/pause": self._pausing(paused=True),
            "/api/v1/shifts/resume": self._pausing(paused=False),
        }

    def _pausing(self, *, paused: bool) -> Page:
        async def page(request: web.Request) -> web.StreamResponse:
            if (refusal := self._desk.guard.objection(request)) is not None:
                return refusal
            query = parse_query(request.query, ("backend",))
            if query.backend is None:
                raise BadQueryError('"backend" is missing: the name of the backend, as /api/v1/shifts has it')
            if (objection := await self._desk.pause(query.backend, paused)) is not None:
                return error(objection.status, Reason.NOT_ALLOWED, objection.text)
            return await send(request, JSON, self._listed(LISTINGS["shifts"], Query()))

        return page

    async def dashboard(self, _: web.Request) -> web.Response:
        """The status page."""
        policy = {"Content-Security-Policy": self._dashboard.policy}
        return web.Response(
            body=self._dashboard.html, content_type="text/html", charset="utf-8", headers=policy
        )

    async def livez(self, _: web.Request) -> web.Response:
        """That the controller is alive."""
        return web.Response(text="ok\n")

    async def readyz(self, request: web.Request) -> web.Response:
        """Whether requests should come here, and what is missing if not."""
        readiness = self._view.readiness()
        reason = Reason.DRAINING if readiness.draining else Reason.STARTING
        headers = {} if readiness.ready else {REASON_FIELD: reason.value}
        code = 200 if readiness.ready else 503
        if request.query.get("format") == "json" or JSON in request.headers.get("Accept", ""):
            return web.Response(status=code, body=encode(readiness), content_type=JSON, headers=headers)
        lines = ["ok"] if readiness.ready else ["not ready", *readiness.missing]
        return web.Response(status=code, text="\n".join(lines) + "\n", headers=headers)

    async def metrics(self, request: web.Request) -> web.StreamResponse:
        """All metrics."""
        lines = exposition(self._view, self._build, self._now())
        return await send(request, EXPOSITION, (line.encode() for line in lines))

    async def status(self, _: web.Request) -> web.Response:
        """The instance as a whole."""
        return web.Response(body=encode(status(self._view, self._build)), content_type=JSON)

    async def explain(self, request: web.Request) -> web.Response:
        """What becomes of a request, and why; without what may be confidential."""
        asked = _asked(request)
        if self._explaining.locked():
            return error(503, Reason.OVERLOADED, f"{MOST_EXPLAINED} requests are being explained; try again")
        async with self._explaining:
            facts = facts_of(asked.host, self._in_force(), Settings())
            down = frozenset(key for key, outage in self._view.outages().items() if outage.workers)
            # Rules are compiled for it, which may take longer than others should wait.
            told = await asyncio.to_thread(asyncio.run, explain(asked, replace(facts, down=down)))
        return web.Response(body=encode(discreet(told)), content_type=JSON)

    async def explanation(self, request: web.Request) -> web.Response:
        """The account of a real request; with what may be confidential for those alone who show the token."""
        told = self._view.explanation(request.match_info["id"])
        if told is None:
            return error(404, Reason.NO_ROUTE, "there is no such account, or none any more")
        return web.Response(body=encode(told if self._trusts(request) else discreet(told)), content_type=JSON)

    def _trusts(self, request: web.Request) -> bool:
        try:
            return shows(request, self._token())
        except TokenError:
            return False

    def _in_force(self) -> InForce:
        view = self._view
        return InForce(
            {host.name: host for host in view.hosts()},
            {backend.name: backend for backend in view.backends()},
            {platform.name: platform for platform in view.platforms()},
            view.file,
            view.tcp_routes(),
            lambda: any(DEFAULT in facts.hosts for facts in view.certificates()),
        )

    def listing(self, listing: Listing) -> Page:
        """The page of one listing."""

        async def page(request: web.Request) -> web.StreamResponse:
            query = parse_query(request.query, listing.filters)
            return await send(request, JSON, self._listed(listing, query))

        return page

    def _listed(self, listing: Listing, query: Query) -> Iterator[bytes]:
        yield b'{"version":%d,"items":[' % self._view.version
        count, last = 0, ""
        for step in listing.steps(self._view, query, self._now()):
            if step is None:
                yield b""
                continue
            if count == query.limit:
                break
            yield (b",\n" if count else b"\n") + msgspec.json.encode(step[1])
            count, last = count + 1, cursor(step[0])
        else:
            last = ""
        yield b'\n],"next":%b}\n' % msgspec.json.encode(last or None)


def _asked(request: web.Request) -> Asked:
    """The request that the parameters describe; `header` may be there several times."""
    unknown = [word for word in request.query if word not in EXPLAINED]
    if unknown:
        raise BadQueryError(f'unknown parameter "{unknown[0]}"; known here: {", ".join(EXPLAINED)}')
    url, method, client, data = (request.query.get(word, "") for word in ("url", "method", "client", "data"))
    try:
        return read_asked(url, method or "GET", request.query.getall("header", ()), client, data)
    except ValueError as bad:
        raise BadQueryError(str(bad)) from None


def encode(fact: msgspec.Struct) -> bytes:
    """One fact as a JSON text of its own."""
    return msgspec.json.encode(fact) + b"\n"


def application(
    view: View, build: str, now: Callable[[], float], desk: Desk, token: Token = NO_TOKEN
) -> web.Application:
    """The application for this view; `build` is the version of Headgate, `now` the time of day. Who shows
    the token sees what may be confidential of requests."""
    admin = Admin(view, build, now, desk, token)
    pages, changes = admin.pages(), admin.changes()
    app = web.Application(middlewares=[answering_errors(pages, changes)])
    for path, page in pages.items():
        app.router.add_get(path, page)
    for path, page in changes.items():
        app.router.add_post(path, page)
    app.on_response_prepare.append(_make_safe)
    return app


async def _make_safe(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(SAFE)

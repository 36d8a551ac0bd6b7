"""What stands between Headgate and a Consul: counts the questions, and answers some of them itself."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

T = TypeVar("T")
HOST = "127.0.0.1"
PORT = 8600


class Agent:
    """An agent that can be told to misbehave; runs in a thread of its own."""

    def __init__(self, behind: str):
        """`behind` is the address of a real one."""
        self.address = f"{HOST}:{PORT}"
        self.paths: list[str] = []
        """What it was asked for."""
        self._behind = behind
        self._refusal: tuple[int, str, str] | None = None
        self._delay = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="agent", daemon=True)
        self._waiting: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> "Agent":
        self._thread.start()
        self._do(self._start())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def refuse(self, status: int, text: str, kind: str = "text/plain") -> None:
        """Answer like this, also those who wait."""
        self._do(self._refuse((status, text, kind)))

    def mend(self, *, delay: float = 0.0) -> None:
        """Let the real one answer, after so many seconds."""
        self._delay = delay
        self._do(self._refuse(None))

    async def _start(self) -> None:
        self._session = ClientSession(connector=TCPConnector(limit=0), timeout=ClientTimeout(total=None))
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, PORT).start()

    async def _stop(self) -> None:
        await self._runner.cleanup()
        await self._session.close()

    async def _refuse(self, fault: tuple[int, str, str] | None) -> None:
        self._refusal = fault
        for task in self._waiting if fault else ():
            task.cancel()

    async def _answer(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        if self._refusal is None:
            task = asyncio.ensure_future(self._ask(request))
            self._waiting.add(task)
            try:
                return await task
            except asyncio.CancelledError:
                if self._refusal is None:
                    raise
            finally:
                self._waiting.discard(task)
        status, text, kind = self._refusal
        return web.Response(status=status, text=text, content_type=kind)

    async def _ask(self, request: web.Request) -> web.Response:
        url = f"http://{self._behind}{request.path_qs}"
        async with self._session.get(url) as answer:
            body = await answer.read()
            named = {name: value for name, value in answer.headers.items() if name.startswith("X-Consul-")}
        await asyncio.sleep(self._delay)
        kind = answer.content_type
        return web.Response(status=answer.status, body=body, headers=named, content_type=kind)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

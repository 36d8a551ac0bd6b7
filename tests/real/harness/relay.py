"""A stretch of network between Headgate and the API server that can be cut, and can go silent."""

import asyncio
import threading
from collections.abc import Coroutine
from types import TracebackType


class Relay:
    """Passes connections on to another port of the same address; runs in a thread of its own."""

    def __init__(self, address: str, port: int, to: int):
        self._address, self._port, self._to = address, port, to
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = asyncio.Event()
        self._server: asyncio.Server | None = None

    def __enter__(self) -> "Relay":
        self._thread.start()
        self._open.set()
        self.join()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: TracebackType | None) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def cut(self) -> None:
        """Every connection breaks, and new ones are refused."""
        self._do(self._cut())

    def join(self) -> None:
        """Connections are accepted (again)."""
        self._do(self._listen())

    def hush(self) -> None:
        """Nothing is passed on any more, and nobody is told: a half-open connection."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def speak(self) -> None:
        """What was held back goes on."""
        self._loop.call_soon_threadsafe(self._open.set)

    def _do(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10.0)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._pass_on, self._address, self._port)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    async def _end(self) -> None:
        """Cut, and wait for the tasks of all connections."""
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(self._address, self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        await asyncio.gather(self._copy(reader, back), self._copy(there, writer), return_exceptions=True)
        for end in (writer, back):
            self._writers.discard(end)
            end.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

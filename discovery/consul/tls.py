"""Lines to an agent over TLS: HTTP/2 where it speaks it, as it limits connections and not requests."""

import asyncio
import ssl
from collections.abc import Mapping

from discovery.consul.http2 import AT_ONCE, PROTOCOLS, Connection, NotSpokenError
from discovery.consul.line import Line, Reply, WritingLine


class Http2Line:
    """As many connections as there are requests for."""

    at_once = AT_ONCE

    def __init__(self, host: str, port: int, connect: float, context: ssl.SSLContext) -> None:
        """`connect` is the time to connect, in seconds."""
        context.set_alpn_protocols(PROTOCOLS)
        self._place = (host, port)
        self._patience = connect
        self._context = context
        self._connections: list[Connection] = []
        self._is_closed = False
        self._connecting = asyncio.Lock()

    async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a GET. NotSpokenError: the agent does not speak HTTP/2."""
        while (connection := self._with_room()) is None:
            async with self._connecting:
                if self._with_room() is None:
                    await self._add_connection()
        return await connection.get(uri, fields)

    async def close(self) -> None:
        """Break off all that is under way."""
        self._is_closed = True
        for connection in self._connections:
            connection.close()

    async def _add_connection(self) -> None:
        connection = None if self._is_closed else await self._connect()
        if connection is not None:
            self._connections.append(connection)
        if self._is_closed:
            await self.close()
            raise ConnectionResetError("the line is closed")

    async def _connect(self) -> Connection:
        host, port = self._place
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._patience):
            _, connection = await loop.create_connection(
                Connection, host, port, ssl=self._context, server_hostname=host
            )
            try:
                await connection.ready
            except asyncio.CancelledError:
                connection.close()
                raise
        return connection

    def _with_room(self) -> Connection | None:
        self._connections = [each for each in self._connections if not each.is_closed]
        return next((each for each in self._connections if each.has_room), None)


class TlsLine:
    """A line over HTTP/2 where the agent speaks it, else over HTTP/1.1."""

    def __init__(self, http2: Http2Line, http1: WritingLine) -> None:
        self._lines: tuple[Line, WritingLine] = (http2, http1)
        self._chosen: Line = http2

    @property
    def at_once(self) -> int:
        """How many requests may be under way on one connection."""
        return self._chosen.at_once

    async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a GET."""
        try:
            return await self._chosen.get(uri, fields)
        except NotSpokenError:
            _, self._chosen = self._lines
            return await self._chosen.get(uri, fields)

    async def put(self, uri: str, fields: Mapping[str, str], data: bytes) -> Reply:
        """The answer to a PUT, of which there are few: over HTTP/1.1."""
        return await self._lines[1].put(uri, fields, data)

    async def close(self) -> None:
        """Break off all that is under way."""
        for line in self._lines:
            await line.close()

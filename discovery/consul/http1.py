"""A line over HTTP/1.1: a connection for each request that waits, of one shared session."""

import socket
import ssl
from collections.abc import Mapping

from aiohttp import AddrInfoType, BaseConnector, ClientSession, ClientTimeout, TCPConnector, UnixConnector

from discovery.consul.line import BODY_LIMIT, FIELDS, Reply, enliven


class Http1Line:
    """A line to the agent at a URL, or at a Unix socket."""

    at_once = 1

    def __init__(self, connect: float, path: str = "", context: ssl.SSLContext | None = None) -> None:
        """`connect` is the time to connect, in seconds; `path` that of a Unix socket."""
        timeout = ClientTimeout(total=None, sock_connect=connect)
        self._session = ClientSession(connector=_connector(path, context), timeout=timeout, headers=FIELDS)

    async def get(self, uri: str, fields: Mapping[str, str]) -> Reply:
        """The answer to a GET."""
        return await self._ask("GET", uri, fields)

    async def put(self, uri: str, fields: Mapping[str, str], data: bytes) -> Reply:
        """The answer to a PUT."""
        return await self._ask("PUT", uri, fields, data)

    async def _ask(
        self, method: str, uri: str, fields: Mapping[str, str], data: bytes | None = None
    ) -> Reply:
        request = self._session.request(method, uri, headers=fields, data=data, allow_redirects=False)
        async with request as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > BODY_LIMIT:
                    raise ValueError(f"an answer of more than {BODY_LIMIT} bytes")
            found = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status, found, bytes(body))

    async def close(self) -> None:
        """Break off all that is under way."""
        await self._session.close()


def _connector(path: str, context: ssl.SSLContext | None) -> BaseConnector:
    if path:
        return UnixConnector(path, limit=0)
    return TCPConnector(limit=0, ssl=context or True, socket_factory=_lively_socket)


def _lively_socket(address: AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    enliven(made)
    return made

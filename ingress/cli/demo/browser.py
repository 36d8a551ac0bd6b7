"""A client of the demo: one keep-alive connection, every answer read to its end."""

import asyncio
from typing import Final, NamedTuple

DEADLINE: Final = 5.0
NO_ANSWER: Final = (OSError, EOFError, ValueError, asyncio.LimitOverrunError)
"""What a request ends with that has no answer."""


class Answer(NamedTuple):
    """What of an answer the demo looks at."""

    status: int
    server: str
    """Who answered; empty: Headgate itself."""
    body: bytes


class Browser:
    """Asks one request after the other; opens its connection anew when that was closed."""

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self._host = host
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> Answer:
        """The answer; one of NO_ANSWER where there is none, or none that is HTTP."""
        async with asyncio.timeout(DEADLINE):
            try:
                return await self._get(path)
            except BaseException:
                self.close()
                raise

    async def _get(self, path: str) -> Answer:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, fields = parse_head(head)
        body = await self._reader.readexactly(int(fields["content-length"]))
        if fields.get("connection") == "close":
            self.close()
        return Answer(status, fields.get("x-server", ""), body)

    def close(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """The status and the fields by lower-case name. ValueError: this is not HTTP with a length."""
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status, *_ = first.split(" ")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if version != "HTTP/1.1" or not fields.get("content-length", "").isdecimal():
        raise ValueError(f"not an answer with a length: {first}")
    return int(status), fields

"""An example server: says its name, stops gracefully on SIGTERM, and ends with whoever started it."""

import asyncio
import signal
import sys
from typing import Final, cast

END_OF_HEAD: Final = b"\r\n\r\n"


class ExampleServer:
    """What the connections of one server have in common."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopping = False
        self.connections: set[Connection] = set()

    def answer(self, request: bytes) -> bytes:
        """The answer to a request without a body."""
        line = request.split(b"\r\n", 1)[0].rpartition(b" ")[0]
        body = b"%b answers %b\n" % (self.name.encode(), line)
        close = b"Connection: close\r\n" if self.stopping else b""
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nX-Server: %b\r\n%b\r\n%b"
            % (len(body), self.name.encode(), close, body)
        )

    def stop(self) -> None:
        """Answer what has arrived, and take nothing more."""
        self.stopping = True
        for connection in list(self.connections):
            connection.close_if_idle()


class Connection(asyncio.Protocol):
    """One connection of a client."""

    def __init__(self, server: ExampleServer) -> None:
        self._server = server
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        self._transport = cast(asyncio.Transport, transport)
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete."""
        *requests, self._data = (self._data + data).split(END_OF_HEAD)
        for request in requests:
            self._transport.write(self._server.answer(request))
        if self._server.stopping:
            self.close_if_idle()

    def close_if_idle(self) -> None:
        """Close, unless half a request is here."""
        if not self._data:
            self._transport.close()


async def serve(name: str) -> None:
    """Serve on a free port, which is printed, until SIGTERM or the end of standard input."""
    server, stop = ExampleServer(name), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Whoever started this holds the other end: it is closed even if that process is killed.
    loop.add_reader(sys.stdin.fileno(), stop.set)
    listener = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await stop.wait()
    loop.remove_reader(sys.stdin.fileno())
    listener.close()
    server.stop()
    # One turn for what is being written.
    await asyncio.sleep(0)


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))

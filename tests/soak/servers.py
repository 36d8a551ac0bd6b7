"""Servers of every temper, and the manifests that lead to them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

TEXT: Final = b"".join(b"line %d of some text\n" % number for number in range(4000))
HUGE: Final = bytes(3_000_000)
Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bool]]


async def plain(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Answer everything, with bodies read, upgrades agreed to, and large texts in chunks."""
    if b"\r\nUpgrade: echo\r\n" in head:
        writer.write(b"HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n")
        while data := await reader.read(4096):
            writer.write(data)
        return False
    if b"\r\nTransfer-Encoding: chunked\r\n" in head:
        await reader.readuntil(b"0\r\n\r\n")
    elif b"\r\nContent-Length: " in head:
        await reader.readexactly(int(head.partition(b"\r\nContent-Length: ")[2].partition(b"\r\n")[0]))
    if head.startswith(b"GET /large"):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(TEXT), TEXT))
    elif b" /huge " in head:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(HUGE))
        writer.write(HUGE)
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()
    return True


def flaky() -> Handler:
    """Like `plain`, but every tenth request is reset, and every hundredth answered with nonsense."""
    count = 0

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        nonlocal count
        count += 1
        if count % 100 == 0:
            writer.write(b"SSH-2.0-nonsense\r\n\r\n")
            return False
        if count % 10 == 0:
            writer.transport.abort()
            return False
        return await plain(head, reader, writer)

    return handle


async def serve(handler: Handler) -> tuple[asyncio.Server, int]:
    """A server on loopback, and its port."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await handler(await reader.readuntil(b"\r\n\r\n"), reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # The client has left, or the soak is over.
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    return server, int(server.sockets[0].getsockname()[1])


def write_manifests(folder: Path, ports: list[int]) -> None:
    """One Ingress with compression to one Service with these endpoints, put in place at once."""
    meta = {"name": "soak", "namespace": "default"}
    backend = {"service": {"name": "soak", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": meta | {"annotations": {"headgate.dev/compression": "gzip"}},
        "spec": {"rules": [{"host": "soak.example", "http": {"paths": paths}}]},
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta,
        "spec": {"ports": [{"name": "http", "port": 80}]},
    }
    documents = [ingress, service, *(_slice(meta, port) for port in ports)]
    new = folder / "soak.new"
    new.write_text("\n---\n".join(json.dumps(document) for document in documents))
    new.rename(folder / "soak.yaml")


def _slice(meta: dict[str, str], port: int) -> dict[str, object]:
    labels = {"kubernetes.io/service-name": "soak"}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta | {"name": f"soak-{port}", "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port}],
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
    }

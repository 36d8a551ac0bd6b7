"""Headgate and HAProxy tell each other, in both versions of the PROXY protocol, whose connection it is."""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import uvloop

from ingress.model.backend import BackendSettings, ProxyHeader, Server
from ingress.wire.proxy_protocol import Ends, HeaderError, read_header
from tests.real.oracle.haproxy import PATH
from tests.unit.proxy.conftest import Backends, front
from tests.unit.proxy.test_proxy_protocol import introduced, talk
from tests.unit.wire.test_proxy_protocol import BAD, GOOD

pytestmark = pytest.mark.skipif(
    not PATH and os.environ.get("HEADGATE_REAL") != "1", reason="haproxy is not installed"
)
CLOSE: Final = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: close\r\n\r\n"
CONFIG: Final = """
global
  nbthread 1
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend f
  bind 127.0.0.1:{port}{bind}
"""
SENDS: Final = (
    CONFIG
    + """  default_backend b
backend b
  server s 127.0.0.1:{server} {send}
"""
)
TELLS: Final = (
    CONFIG
    + """  http-request return status 200 hdr X-Ends "%[src] %[src_port] %[dst] %[dst_port]"
"""
)
KINDER: Final = {"1, the longest", "1, unknown with addresses"}
"""What HAProxy 2.6 refuses, though the specification has it passed over."""
LAXER: Final = {
    "1, a port too large",
    "1, a port with a zero",
    "1, an octet too large",
    "1, an octet in octal",
}
"""What HAProxy 2.6 takes all the same."""


@asynccontextmanager
async def haproxy(folder: Path, config: str, port: int) -> AsyncIterator[None]:
    """HAProxy with this configuration, once it listens."""
    path = folder / "haproxy.cfg"
    path.write_text(config)
    process = await asyncio.create_subprocess_exec(PATH, "-db", "-f", str(path), stderr=PIPE)
    try:
        await listens(process, port)
        yield
    finally:
        process.kill()
        await process.communicate()


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


async def listens(process: Process, port: int) -> None:
    """Wait until somebody accepts."""
    while True:
        assert process.returncode is None, (await process.communicate())[1].decode()
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


VERSIONS: Final = ("send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id")
PORT: Final = 18765


@pytest.mark.parametrize("send", VERSIONS)
def test_headgate_hears_whose_connection_haproxy_passes_on(send: str, tmp_path: Path) -> None:
    run(hear(send, tmp_path))


async def hear(send: str, folder: Path) -> None:
    backends = Backends()
    async with front() as plane, backends.serve(backends.echo) as server, introduced(plane) as port:
        plane.route(server)
        async with haproxy(folder, SENDS.format(port=PORT, bind="", server=port, send=send), PORT):
            answer = await talk(PORT, CLOSE, ours="127.0.0.77")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nX-Forwarded-For: 127.0.0.77\r\n" in backends.heads[0]


@pytest.mark.parametrize("version", [ProxyHeader.V1, ProxyHeader.V2])
def test_haproxy_hears_whose_connection_headgate_passes_on(version: ProxyHeader, tmp_path: Path) -> None:
    run(tell(version, tmp_path))


async def tell(version: ProxyHeader, folder: Path) -> None:
    async with front() as plane:
        plane.route(Server("127.0.0.1", PORT), settings=BackendSettings(send_proxy=version))
        async with haproxy(folder, TELLS.format(port=PORT, bind=" accept-proxy"), PORT):
            answer = await plane.talk(CLOSE, "127.0.0.77")
    told = answer.lower().partition(b"x-ends: ")[2].partition(b"\r\n")[0].split()
    assert told[0] == b"127.0.0.77"
    assert told[2:] == [b"127.0.0.1", b"%d" % plane.port]


def test_haproxy_and_headgate_believe_the_same_headers(tmp_path: Path) -> None:
    run(compare(tmp_path))


async def compare(folder: Path) -> None:
    verdicts: dict[str, str] = {}
    cases = {name: data for name, (data, _) in GOOD.items()} | BAD
    async with haproxy(folder, TELLS.format(port=PORT, bind=" accept-proxy"), PORT):
        for name, data in cases.items():
            answer = await talk(PORT, data + CLOSE)
            ours = believed(data)
            if (ours is not None) != answer.startswith(b"HTTP/1.1 200 "):
                verdicts[name] = "refused" if ours is None else "believed"
            elif isinstance(ours, Ends):
                (source, source_port), (target, target_port) = ours
                told = f"{source} {source_port} {target} {target_port}".encode()
                theirs = answer.lower().partition(b"x-ends: ")[2].partition(b"\r\n")[0]
                assert theirs.replace(b"::ffff:", b"") == told, name
    assert verdicts == dict.fromkeys(KINDER, "believed") | dict.fromkeys(LAXER, "refused")


def believed(data: bytes) -> Ends | str | None:
    """What we make of a header; None: nothing."""
    try:
        header = read_header(data)
    except HeaderError:
        return None
    return None if header is None else header.ends or "local"

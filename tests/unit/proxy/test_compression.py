"""A compressed answer is the same answer, however it comes, and keeps nobody else waiting."""

import asyncio
import gzip
import random
import zlib
from typing import Any

import pytest

from ingress.model.policy import Coding, Compression, Policy
from ingress.proxy.encode import ENCODERS, SLICE, Gzip
from tests.fuzz import model
from tests.unit.proxy.conftest import Backends, Conversation, Front

GET = b"GET / HTTP/1.1\r\nHost: www.example.com\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n"
LAST = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
TEXT = b"".join(b"line %d of a text\n" % number for number in range(50_000))


def framed(kind: str, body: bytes) -> bytes:
    """An answer with that body, in one of the framings."""
    match kind:
        case "length":
            return OK + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        case "chunks":
            pieces = [body[at : at + 7777] for at in range(0, len(body), 7777)]
            chunks = b"".join(b"%x;x=y\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            return OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Trailer: 1\r\n\r\n"
        case _:
            return OK + b"\r\n" + body


def compressing(plane: Front, server: Any, *codings: Coding) -> None:
    """A route whose answers are compressed."""
    plane.route(server, policy=Policy(compression=Compression(codings or (Coding.GZIP,))))


def body_of(answer: bytes) -> bytes:
    """The payload of the chunks in an answer, which must be all there is."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: " not in head
    read = model.read_chunks(rest)
    assert read is not None
    assert read[1] == b""
    return read[0]


def decoded(coding: Coding, data: bytes) -> bytes:
    """What it was before it was compressed."""
    if coding is Coding.GZIP:
        return gzip.decompress(data)
    if coding is Coding.BROTLI:
        return bytes(pytest.importorskip("brotli").decompress(data))
    return bytes(pytest.importorskip("zstandard").ZstdDecompressor().decompressobj().decompress(data))


@pytest.mark.parametrize("coding", Coding)
@pytest.mark.parametrize("kind", ["length", "chunks", "close"])
@pytest.mark.parametrize("size", [1000, SLICE, 3 * SLICE + 1, len(TEXT)])
async def test_a_compressed_answer_is_the_same_answer(
    coding: Coding, kind: str, size: int, front: Any, backends: Backends
) -> None:
    pytest.importorskip({Coding.BROTLI: "brotli", Coding.ZSTD: "zstandard"}.get(coding, "zlib"))

    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(framed(kind, TEXT[:size]))

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server, coding)
        answer = await plane.talk(LAST)
        await plane.until(lambda: not plane.site.upstreams)
    assert b"\r\nContent-Encoding: %b\r\n" % coding.encode() in answer
    assert b"\r\nVary: Accept-Encoding\r\n" in answer
    assert len(answer) < size
    assert decoded(coding, body_of(answer)) == TEXT[:size]
    assert b'"reason":""' in plane.log[0]


@pytest.mark.parametrize("kind", ["length", "chunks"])
async def test_both_connections_are_used_again(kind: str, front: Any, backends: Backends) -> None:
    async def serve(conversation: Conversation) -> None:
        while await conversation.head():
            conversation.say(framed(kind, TEXT))

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        answer = await plane.talk(GET + GET + LAST)
    assert answer.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert len(backends.connections) == 1


async def test_an_answer_in_small_pieces_is_not_held_back(front: Any, backends: Backends) -> None:
    go = asyncio.Event()

    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            await go.wait()
            go.clear()
            conversation.say(b"5\r\ntoken\r\n")
        conversation.say(b"0\r\n\r\n")

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        reader, writer = await plane.connect()
        writer.write(LAST)
        await reader.readuntil(b"\r\n\r\n")
        read = bytearray()
        unzip = zlib.decompressobj(31)
        for number in range(1, 4):
            go.set()
            while len(read) < 5 * number:
                size = int(await reader.readline(), 16)
                read += unzip.decompress((await reader.readexactly(size + 2))[:-2])
        writer.close()
    assert bytes(read) == b"token" * 3


async def test_a_large_answer_is_compressed_a_slice_at_a_time(
    front: Any, backends: Backends, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much has come at once, the loop runs between two slices."""
    size = 4 * 1024 * 1024
    body = random.Random(1).randbytes(size // 2).hex().encode()

    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(OK + b"Content-Length: %d\r\n\r\n" % size + body)
        await conversation.reader.read()

    turns: list[int] = []
    turn = 0

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    class Watched:
        """Takes down in which turn of the loop it was called."""

        def __init__(self) -> None:
            self._inner = Gzip()
            self.flush = self._inner.flush
            self.finish = self._inner.finish

        def compress(self, data: bytes) -> bytes:
            """As gzip does."""
            assert len(data) <= SLICE
            turns.append(turn)
            return self._inner.compress(data)

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        monkeypatch.setitem(ENCODERS, Coding.GZIP, Watched)
        counting = asyncio.ensure_future(count())
        answer = await plane.talk(LAST)
        counting.cancel()
    assert gzip.decompress(body_of(answer)) == body
    assert len(turns) >= size // SLICE
    # Each time that the sockets are looked at, which is done twice in a turn, one comes of what is there.
    assert max(map(turns.count, turns)) <= 4


async def test_a_client_that_reads_slowly_bounds_what_is_kept(front: Any, backends: Backends) -> None:
    size = 32 * 1024 * 1024
    block = random.Random(2).randbytes(1 << 16).hex().encode()

    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(OK + b"Content-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(block)):
            conversation.say(block)
            await conversation.writer.drain()

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        reader, writer = await asyncio.open_connection("127.0.0.1", plane.port, limit=1024)
        writer.write(LAST)
        await plane.until(lambda: any(client.full for client in plane.site.clients))
        await asyncio.sleep(0.1)
        (client,) = plane.site.clients
        assert client.transport.get_write_buffer_size() < 2 * 1024 * 1024
        got = bytearray()
        while data := await reader.read(1 << 20):
            got += data
        writer.close()
    assert len(gzip.decompress(body_of(bytes(got)))) == size


@pytest.mark.parametrize("end", [b"9\r\nhalf", b"xyz\r\n"])
async def test_an_answer_that_breaks_off_is_seen_to_be_broken(
    end: bytes, front: Any, backends: Backends
) -> None:
    async def serve(conversation: Conversation) -> None:
        await conversation.head()
        conversation.say(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await asyncio.sleep(0.01)
        conversation.say(end)

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        reader, writer = await plane.connect()
        writer.write(LAST)
        await reader.readuntil(b"\r\n\r\n")
        try:
            rest = await reader.read()
        except ConnectionResetError:
            rest = b""
        writer.close()
        await plane.until(lambda: bool(plane.log))
    assert model.read_chunks(rest) is None
    assert b'"reason":"server-aborted"' in plane.log[0] or b'"reason":"bad-response"' in plane.log[0]


async def test_head_has_no_body_and_keeps_the_connection(front: Any, backends: Backends) -> None:
    async def serve(conversation: Conversation) -> None:
        while head := await conversation.head():
            whole = framed("length", TEXT[:1000])
            conversation.say(whole[:-1000] if head.startswith(b"HEAD") else whole)

    async with front() as plane, backends.serve(serve) as server:
        compressing(plane, server)
        answer = await plane.talk(GET.replace(b"GET", b"HEAD") + LAST)
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Encoding: gzip" in head
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert gzip.decompress(body_of(rest)) == TEXT[:1000]

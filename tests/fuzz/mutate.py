"""Inputs: good and bad messages, changed at random in ways that find the edges of a grammar."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

LINES: Final = (
    *(b"Host: a", b"host:b.example:80", b"Host: [::1]:8", b"Host: a, b", b"Host : a", b"Host: a.", b"Host:"),
    *(b"Content-Length: 5", b"content-length:0", b"Content-Length: +5", b"Content-Length: 5, 5"),
    *(b"Content-Length: 0x5", b"Content-Length: 1_0", b"Content-Length: 18446744073709551616"),
    *(
        b"Content_Length: 5",
        b"Content-Length\t: 5",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip",
    ),
    *(
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding:\x0bchunked",
        b"Transfer-Encoding : chunked",
    ),
    *(b"transfer-encoding: CHUNKED ", b"Transfer-Encoding: ,chunked", b"Transfer_Encoding: chunked"),
    *(b"Connection: close", b"Connection: keep-alive, x-a", b"Connection: content-length", b"Connection: te"),
    *(
        b"Connection: upgrade",
        b"Upgrade: websocket",
        b"Upgrade: h2c",
        b"TE: trailers",
        b"Expect: 100-continue",
    ),
    *(
        b"X-A: 1",
        b"x_forwarded_for: 1",
        b"X-Forwarded-For: 1",
        b" folded",
        b"\tfolded",
        b": 1",
        b"X",
        b"X-B:\xff",
    ),
    *(
        b"GET / HTTP/1.1",
        b"GET http://b/ HTTP/1.0",
        b"OPTIONS * HTTP/1.1",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 304",
    ),
    *(
        b"HTTP/1.1 101 X",
        b"HTTP/1.1 204",
        b"PRI * HTTP/2.0",
        b"CONNECT a:1 HTTP/1.1",
        b"0",
        b"5;x=y",
        b"a",
        b"00",
    ),
)
WORDS: Final = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b":", b",", b";", b"\x00", b"\x0b", b"\x0c", b"\x7f"),
    *(
        b"\x80",
        b"\xa0",
        b"\xff",
        b"%0d%0a",
        b"%00",
        b"#",
        b"?",
        b"\\",
        b"//",
        b"@",
        b"..",
        b"0",
        b"1",
        b"5",
        b"f",
    ),
    *(
        b"chunked",
        b"http://",
        b"HTTP/1.1",
        b"HTTP/1.0",
        b"[::1]",
        b"0\r\n\r\n",
        b"0\r\nX: 1\r\n\r\n",
        b"\r\nX: y",
    ),
)

Change = Callable[[Random, bytes, Sequence[bytes]], bytes]


def _place(dice: Random, data: bytes) -> int:
    return int(dice.random() * (len(data) + 1))


def _put_byte(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = _place(dice, data)
    return data[:at] + dice.randbytes(1) + data[at + 1 :]


def _put_word(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = _place(dice, data)
    return data[:at] + dice.choice(WORDS) + data[at + (dice.random() < 0.5) :]


def _cut(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = _place(dice, data)
    return data[:at] + data[at + 1 + int(dice.random() ** 3 * 20) :]


def _repeat(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start = _place(dice, data)
    stop = start + 1 + int(dice.random() ** 2 * 30)
    return data[:stop] + data[start:stop] + data[stop:]


def _splice(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = dice.choice(seeds)
    return data[: _place(dice, data)] + other[_place(dice, other) :]


def _put_line(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    lines.insert(int(dice.random() * len(lines)), dice.choice(LINES))
    return b"\r\n".join(lines)


def _change_line(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    lines[int(dice.random() * len(lines))] = dice.choice(LINES)
    return b"\r\n".join(lines)


def _move_line(dice: Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    lines = data.split(b"\r\n")
    line = lines.pop(int(dice.random() * len(lines)))
    lines.insert(int(dice.random() * (len(lines) + 1)), line)
    return b"\r\n".join(lines)


CHANGES: Final[tuple[Change, ...]] = (
    *(_put_byte, _put_word, _cut, _repeat, _splice),
    *(_put_line, _change_line, _move_line),
)


def mutated(dice: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, changed a few times."""
    data = dice.choice(seeds)
    for _ in range(1 + int(dice.random() ** 2 * 6)):
        data = dice.choice(CHANGES)(dice, data, seeds)
    return data


CHUNKS: Final = (
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"a;x=y\r\n0123456789\r\n01\r\na\r\n0\r\nX-Sum: 1\r\n\r\n",
    b"1 ; q=\"\xff\"\r\na\r\n0;z\r\nA: b\r\nC:\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    b"3\r\n\r\n0\r\n000\r\n\r\n5\r\nhello",
)  # fmt: skip

HEADS: Final = (
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a//b?c=d HTTP/1.1\r\nHost: A.example:80\r\nContent-Length: 5\r\nX-A:  1 \r\n\r\nhello",
    b"PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: [::1]\r\nTE: trailers\r\nConnection: te, x-b\r\n"
    b"X-B: 1\r\n\r\n0\r\n\r\n",
    b"GET http://b.example/x HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: a\r\n\r\n",
    b"get /y HTTP/1.0\r\nCookie: a=b\r\nConnection: Keep-Alive\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1\r\nForwarded: a\r\nExpect: 100-continue\r\n\r\n",
)

ANSWERS: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nConnection: keep-alive\r\n\r\nhello",
    b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nX-A: \xff\r\n\r\n0\r\n\r\n",
    b"HTTP/1.0 404 Not Found\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nETag: \"a\"\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
)  # fmt: skip

SEEDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "request": HEADS,
    "response": ANSWERS,
    "chunks": CHUNKS,
    "scan": (*HEADS, *ANSWERS),
}

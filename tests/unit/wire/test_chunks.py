"""Chunked bodies: what is passed on is what any server reads in the same way, and nothing follows it."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingress.model.reason import Reason
from ingress.wire.chunks import ChunkReader
from ingress.wire.refusal import Refusal

END = b"0\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\n"


def read(reader: ChunkReader, *pieces: bytes) -> bytes:
    """What the reader passes on of pieces that come one after another."""
    out = b""
    for number, piece in enumerate(pieces):
        reader.feed(piece)
        out += reader.out
        if reader.done:
            assert reader.rest + b"".join(pieces[number + 1 :]) == b"".join(pieces)[-len(NEXT) :]
            break
    return out


GOOD: dict[str, tuple[bytes, bytes, bytes]] = {
    "nothing": (END, END, b""),
    "one chunk": (b"5\r\nhello\r\n" + END, b"5\r\nhello\r\n" + END, b"hello"),
    "two chunks": (b"3\r\na\r\n\r\n1\r\nb\r\n" + END, b"3\r\na\r\n\r\n1\r\nb\r\n" + END, b"a\r\nb"),
    "digits in any case": (b"a\r\n0123456789\r\nA\r\n0123456789\r\n" + END,) * 2 + (b"0123456789" * 2,),
    "zeros in front": (b"001\r\na\r\n000\r\n\r\n", b"001\r\na\r\n000\r\n\r\n", b"a"),
    "an extension": (b"1;x=y\r\na\r\n" + END, b"1\r\na\r\n" + END, b"a"),
    "a blank before an extension": (b"1 \t; x = y\r\na\r\n" + END, b"1\r\na\r\n" + END, b"a"),
    "an extension in quotes": (b'1;x="\xff;\\""\r\na\r\n0;z\r\n\r\n', b"1\r\na\r\n" + END, b"a"),
    "a trailer": (b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", b"1\r\na\r\n" + END, b"a"),
    "trailers": (b"0;x\r\nX-A: 1\r\nX-B: \xff\r\n\r\n", END, b""),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_body_is_the_same_wherever_the_packets_split(name: str) -> None:
    body, framed, payload = GOOD[name]
    data = body + NEXT
    for cut in range(len(data)):
        assert read(ChunkReader(), data[:cut], data[cut:]) == framed
        assert read(ChunkReader(plain=True), data[:cut], data[cut:]) == payload
    single = [data[at : at + 1] for at in range(len(data))]
    assert read(ChunkReader(), *single) == framed
    assert read(ChunkReader(plain=True), *single) == payload


BAD: dict[str, bytes] = {
    "no size": b"\r\nhello\r\n",
    "a size that is no number": b"x\r\n",
    "a size with a sign": b"+5\r\nhello\r\n",
    "a negative size": b"-5\r\nhello\r\n",
    "a size with 0x": b"0x5\r\nhello\r\n",
    "a size with an underscore": b"1_0\r\n0123456789012345\r\n",
    "a size with a comma": b"5,\r\nhello\r\n",
    "a blank before the size": b" 5\r\nhello\r\n",
    "a blank before the size of an extended chunk": b" 5;x\r\nhello\r\n",
    "a blank behind the size": b"5 \r\nhello\r\n",
    "a tab behind the size": b"5\t\r\nhello\r\n",
    "two sizes": b"5 5\r\nhello\r\n",
    "only an extension": b";x\r\nhello\r\n",
    "a size of sixteen digits": b"0000000000000005\r\nhello\r\n",
    "a size that overflows": b"ffffffffffffffff5\r\nhello\r\n",
    "a size line that ends with LF": b"5\nhello\r\n",
    "a size line that ends with CR": b"5\rhello\r\n",
    "a size line that ends with CR CR LF": b"5\r\r\nhello\r\n",
    "an extension with a bare LF": b"5;x\ny\r\nhello\r\n",
    "an extension with a bare CR": b"5;x\ry\r\nhello\r\n",
    "an extension with a NUL": b"5;\x00\r\nhello\r\n",
    "a long extension": b"5;" + b"x" * 256 + b"\r\nhello\r\n",
    "a chunk that is too long": b"5\r\nhello!\r\n",
    "a chunk that is too short": b"5\r\nhell\r\n0\r\n\r\n",
    "a chunk that ends with LF": b"5\r\nhello\n5\r\nhello\r\n",
    "a chunk that ends with CR": b"5\r\nhello\r5\r\nhello\r\n",
    "a chunk that ends with two other bytes": b"5\r\nhelloXX5\r\nhello\r\n",
    "a chunk that ends with nothing": b"5\r\nhello5\r\nhello\r\n",
    "a last chunk that ends with LF": b"0\n\n\r\n\r\n",
    "a trailer without a colon": b"0\r\nX\r\n\r\n",
    "a trailer with a blank before the colon": b"0\r\nX : 1\r\n\r\n",
    "a trailer that is folded": b"0\r\nX: 1\r\n 2\r\n\r\n",
    "a trailer with a bare LF": b"0\r\nX: 1\nY: 2\r\n\r\n",
    "a trailer with a NUL": b"0\r\nX: \x00\r\n\r\n",
    "a request in the trailers": b"0\r\nGET / HTTP/1.1\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_are_no_chunks_is_refused_wherever_the_packets_split(name: str) -> None:
    data = b"1\r\na\r\n" + BAD[name] + END
    step = max(1, len(data) // 300)
    for cut in range(0, len(data), step):
        for response, status in ((False, 400), (True, 502)):
            with pytest.raises(Refusal) as caught:
                read(ChunkReader(response=response), data[:cut], data[cut:])
            assert caught.value.status == status
            assert caught.value.reason is (Reason.BAD_RESPONSE if response else Reason.BAD_REQUEST)


TOO_LARGE: dict[str, tuple[bytes, int, Reason]] = {
    "trailers": (b"0\r\nX: 1\r\nY: 234567890\r\n\r\n", 431, Reason.TRAILERS_TOO_LARGE),
    "a chunk": (b"9\r\n123456789\r\n", 413, Reason.BODY_TOO_LARGE),
    "chunks": (b"4\r\n1234\r\n5\r\n12345\r\n", 413, Reason.BODY_TOO_LARGE),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_is_over_its_limit_is_refused_wherever_the_packets_split(name: str) -> None:
    data, status, reason = TOO_LARGE[name]
    for cut in range(len(data)):
        with pytest.raises(Refusal) as caught:
            read(ChunkReader(longest_trailers=20, most=8), data[:cut], data[cut:])
        assert (caught.value.status, caught.value.reason) == (status, reason)
        with pytest.raises(Refusal) as caught:
            read(ChunkReader(longest_trailers=20, most=8, response=True), data[:cut], data[cut:])
        assert caught.value.reason is Reason.BAD_RESPONSE


def test_what_stands_exactly_at_a_limit_passes() -> None:
    data = b"4;ext\r\n1234\r\n4\r\n5678\r\n0\r\nX: 1234567\r\n\r\n"
    for cut in range(len(data)):
        reader = ChunkReader(plain=True, longest_trailers=17, most=8)
        assert read(reader, data[:cut], data[cut:] + NEXT) == b"12345678"
        assert reader.payload == 8


def test_endless_size_lines_and_trailers_are_refused_before_they_end() -> None:
    for begun in (b"5;", b"0\r\nX: "):
        reader = ChunkReader()
        reader.feed(begun)
        with pytest.raises(Refusal):
            read(reader, *[b"x"] * 10_000)


def test_a_piece_that_is_passed_on_whole_is_not_copied() -> None:
    for piece in (b"5\r\nhello\r\n", b"ffff\r\n" + b"a" * 1000, b"b" * 2000):
        reader = ChunkReader()
        reader.feed(b"fffff\r\n" if piece[:1] == b"b" else b"1\r\na\r\n")
        reader.feed(piece)
        assert reader.out is piece


def test_trailers_that_are_wanted_and_allowed_pass() -> None:
    trailers = b"X-Sum: 1\r\nContent-Length: 5\r\ngrpc-status: 0\r\nSet-Cookie: a\r\nX_Real_IP: 1\r\n"
    body = b"1\r\na\r\n0;x\r\n" + trailers + b"\r\n"
    expected = b"1\r\na\r\n0\r\nX-Sum: 1\r\ngrpc-status: 0\r\n\r\n"
    data = body + NEXT
    for cut in range(len(data)):
        assert read(ChunkReader(trailers=True), data[:cut], data[cut:]) == expected
        assert read(ChunkReader(trailers=True, plain=True), data[:cut], data[cut:]) == b"a"


def test_nothing_is_passed_on_after_the_end() -> None:
    reader = ChunkReader()
    reader.feed(END)
    reader.feed(b"5\r\nhello\r\n")
    assert (reader.done, reader.out, reader.rest) == (True, b"", b"5\r\nhello\r\n")


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.booleans()), max_size=6),
    st.lists(st.integers(0, 1000), max_size=8),
)
def test_any_payload_comes_through(chunks: list[tuple[bytes, bool]], cuts: list[int]) -> None:
    framed = b"".join(
        b"%x%b\r\n%b\r\n" % (len(chunk), b";x=y" * extended, chunk) for chunk, extended in chunks
    )
    payload = b"".join(chunk for chunk, _ in chunks)
    pieces = split(framed + END + NEXT, cuts)
    assert read(ChunkReader(plain=True), *pieces) == payload
    canonical = read(ChunkReader(), *pieces)
    assert canonical == framed.replace(b";x=y\r\n", b"\r\n") + END or b";x=y\r\n" in payload
    assert read(ChunkReader(plain=True), canonical + NEXT) == payload

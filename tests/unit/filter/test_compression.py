"""Which answers are compressed for whom, and what their heads say."""

import pytest

from ingress.filter.compression import Compressor, accepted
from ingress.model.policy import Coding, Compression
from ingress.model.settings import Limits
from ingress.wire.request import Request, parse_request
from ingress.wire.response import Response, parse_response

GZIP = Compressor(Compression((Coding.GZIP,)))
TEXT = (b"Content-Type: text/html; charset=utf-8", b"Content-Length: 1000")


def asked(accept: bytes = b"gzip", method: bytes = b"GET", version: bytes = b"HTTP/1.1") -> Request:
    head = b"%b / %b\r\nHost: a\r\nAccept-Encoding: %b\r\n\r\n" % (method, version, accept)
    return parse_request(head, Limits())


def answer(*lines: bytes, status: bytes = b"200 OK", method: bytes = b"GET") -> Response:
    head = b"HTTP/1.1 %b\r\n%b\r\n" % (status, b"".join(line + b"\r\n" for line in lines))
    return parse_response(head, method, Limits())


def test_an_answer_that_is_compressed_says_so_and_no_longer_how_long_it_is() -> None:
    response = answer(*TEXT, b'ETag: "a"', b"Accept-Ranges: bytes", b"Vary: Origin")
    assert GZIP.apply(asked(), response) is Coding.GZIP
    lines = response.forward(b"", chunked_ok=True).split(b"\r\n")[:-2]
    assert lines[1] == TEXT[0]
    assert lines == [
        b"HTTP/1.1 200 OK",
        TEXT[0],
        b"Vary: Origin",
        b"Vary: Accept-Encoding",
        b"Content-Encoding: gzip",
        b'ETag: W/"a"',
        b"Transfer-Encoding: chunked",
    ]


def test_a_client_that_does_not_take_it_gets_the_answer_as_it_is_and_caches_know() -> None:
    response = answer(*TEXT, b'ETag: "a"')
    assert GZIP.apply(asked(b"br"), response) is None
    assert response.forward(b"", chunked_ok=True) == (
        b'HTTP/1.1 200 OK\r\n%b\r\n%b\r\nETag: "a"\r\nVary: Accept-Encoding\r\n\r\n' % TEXT
    )


@pytest.mark.parametrize("vary", [b"*", b"accept-encoding", b"Origin, Accept-Encoding"])
def test_what_varies_already_is_left(vary: bytes) -> None:
    response = answer(*TEXT, b"Vary: " + vary)
    GZIP.apply(asked(), response)
    assert response.values(b"vary") == [vary]


def test_a_weak_validator_stays_as_it_is() -> None:
    response = answer(*TEXT, b'ETag: W/"a"')
    assert GZIP.apply(asked(), response) is Coding.GZIP
    assert response.values(b"etag") == [b'W/"a"']


UNSUITED: dict[str, tuple[bytes, ...]] = {
    "already encoded": (*TEXT, b"Content-Encoding: br"),
    "a part": (*TEXT, b"Content-Range: bytes 0-999/5000"),
    "not to be changed": (*TEXT, b"Cache-Control: public, No-Transform"),
    "with a digest of its bytes": (*TEXT, b"Content-Digest: sha-256=:AAAA:"),
    "events": (b"Content-Type: text/event-stream",),
    "an image": (b"Content-Type: image/png", b"Content-Length: 1000"),
    "of no type": (b"Content-Length: 1000",),
    "of two types": (*TEXT, b"Content-Type: text/plain"),
    "short": (TEXT[0], b"Content-Length: 511"),
    "empty": (TEXT[0], b"Content-Length: 0"),
}


@pytest.mark.parametrize("name", UNSUITED)
def test_an_answer_that_is_not_compressed_is_not_touched(name: str) -> None:
    response = answer(*UNSUITED[name])
    before = response.forward(b"", chunked_ok=True)
    assert GZIP.apply(asked(), response) is None
    assert response.forward(b"", chunked_ok=True) == before


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified", b"206 Partial Content"])
def test_statuses_without_content_or_with_a_part_are_left(status: bytes) -> None:
    assert GZIP.apply(asked(), answer(TEXT[0], status=status)) is None


def test_http_1_0_is_left() -> None:
    assert GZIP.apply(asked(version=b"HTTP/1.0"), answer(*TEXT)) is None


def test_head_says_what_get_would_say() -> None:
    for method in (b"GET", b"HEAD"):
        response = answer(*TEXT, b'ETag: "a"', method=method)
        assert GZIP.apply(asked(method=method), response) is Coding.GZIP
        said = response.forward(b"", chunked_ok=True)
        assert said == (
            b"HTTP/1.1 200 OK\r\n%b\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n"
            b'ETag: W/"a"\r\nTransfer-Encoding: chunked\r\n\r\n' % TEXT[0]
        )


def test_an_answer_of_unknown_length_is_compressed() -> None:
    for framing in (b"Transfer-Encoding: chunked", b"X-Until: close"):
        assert GZIP.apply(asked(), answer(TEXT[0], framing)) is Coding.GZIP


def test_types_can_be_chosen() -> None:
    images = Compressor(Compression((Coding.GZIP,), ("image/*", "a/b")))
    for kind, coding in ((b"image/png", Coding.GZIP), (b"A/B;c=d", Coding.GZIP), (b"text/html", None)):
        assert images.apply(asked(), answer(b"Content-Type: " + kind)) is coding


ALL = Compressor(Compression((Coding.BROTLI, Coding.ZSTD, Coding.GZIP)))


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (b"gzip, br", Coding.BROTLI),
        (b"gzip, zstd", Coding.ZSTD),
        (b"gzip;q=1.0, br;q=0.9", Coding.GZIP),
        (b"GZIP", Coding.GZIP),
        (b"*", Coding.BROTLI),
        (b"*;q=0.5, br;q=0", Coding.ZSTD),
        (b"gzip;q=0", None),
        (b"gzip; q = 0", None),
        (b"identity, gzip;q=0.5", None),
        (b"identity;q=0.5, gzip", Coding.GZIP),
        (b"gzip;q=x", None),
        (b"gzip;q=-1", None),
        (b"gzip;foo=1", None),
        (b"x-gzip", None),
        (b"", None),
        (b",,", None),
    ],
)
def test_the_client_gets_the_coding_that_it_likes_best(accept: bytes, coding: Coding | None) -> None:
    pytest.importorskip("brotli")
    pytest.importorskip("zstandard")
    assert ALL.apply(asked(accept), answer(*TEXT)) is coding


def test_what_is_accepted_may_stand_in_several_fields() -> None:
    assert accepted([b"gzip;q=0.5", b"br , zstd;q=0"]) == {b"gzip": 0.5, b"br": 1.0, b"zstd": 0.0}


def test_a_coding_that_is_not_installed_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingress.filter.compression.find_spec", lambda name: name == "zlib" or None)
    some = Compressor(Compression((Coding.BROTLI, Coding.ZSTD, Coding.GZIP)))
    assert some.apply(asked(b"gzip, br, zstd"), answer(*TEXT)) is Coding.GZIP

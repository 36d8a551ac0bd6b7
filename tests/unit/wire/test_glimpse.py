"""Of what was refused, the log tells no more than the bytes seem to say, and never much."""

import pytest

from ingress.wire.glimpse import LONGEST, glimpse


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GET /a?b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", (b"GET", b"/a?b", b"a")),
        (b"\r\nGET / HTTP/1.1\r\nX: 1\r\nhost:\tb \r\n\r\n", (b"GET", b"/", b"b")),
        (b"GET /\nHost : c\n\n", (b"GET", b"/", b"c")),
        (b"GET / HTTP/2.0\r\n\r\nHost: body", (b"GET", b"/", b"")),
        (b"GET", (b"GET", b"", b"")),
        (b"GET /half", (b"GET", b"/half", b"")),
        (b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n", (b"", b"", b"")),
        (b"\x16\x03\x01\x02\x00", (b"", b"", b"")),
        (b"", (b"", b"", b"")),
        (b"GET /\xff\x01 HTTP/1.1\r\n", (b"GET", b"/\xff\x01", b"")),
    ],
)
def test_method_target_and_host_are_told_as_they_seem(data: bytes, told: tuple[bytes, ...]) -> None:
    assert glimpse(data) == told


def test_no_part_is_longer_than_its_bound() -> None:
    long = b"x" * 100_000
    assert glimpse(b"GET /%b HTTP/1.1\r\nHost: a\r\n\r\n" % long) == (
        b"GET",
        b"/" + b"x" * (LONGEST - 1),
        b"",
    )
    assert glimpse(long)[0] == long[:LONGEST]
    assert glimpse(b"GET / HTTP/1.1\r\nHost: %b" % long)[2] == long[:LONGEST]

"""A PROXY header is read as its specification says, wherever the packets split, or refused."""

from typing import Final

import pytest

from ingress.wire.proxy_protocol import (
    LONGEST,
    LONGEST_LINE,
    SIGNATURE,
    Ends,
    Header,
    HeaderError,
    binary_header,
    crc32c,
    line_header,
    read_header,
)

FOUR: Final = Ends(("192.0.2.7", 51000), ("198.51.100.1", 443))
SIX: Final = Ends(("2001:db8::7", 51000), ("2001:db8::1", 443))
REST: Final = b"GET / HTTP/1.1\r\n\r\n"
BLOCK: Final = bytes.fromhex("c0000207 c6336401 c738 01bb")


def binary(command: int, family: int, block: bytes) -> bytes:
    """A header of version 2, right or wrong."""
    return SIGNATURE + bytes((command, family)) + len(block).to_bytes(2) + block


def option(kind: int, value: bytes) -> bytes:
    return bytes((kind,)) + len(value).to_bytes(2) + value


def summed(block: bytes) -> bytes:
    """A header with a checksum at its end."""
    plain = binary(0x21, 0x11, block + option(3, bytes(4)))
    return plain[:-4] + crc32c(plain).to_bytes(4)


GOOD: Final = {
    "1, IPv4": (b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\r\n", FOUR),
    "1, IPv6": (b"PROXY TCP6 2001:db8::7 2001:db8::1 51000 443\r\n", SIX),
    "1, IPv6 written out": (b"PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 51000 443\r\n", SIX),
    "1, IPv4 in IPv6": (
        b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 51000 443\r\n",
        FOUR,
    ),
    "1, unknown": (b"PROXY UNKNOWN\r\n", None),
    "1, unknown with addresses": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    "1, the longest": (b"PROXY UNKNOWN ".ljust(LONGEST_LINE - 2, b"x") + b"\r\n", None),
    "2, IPv4": (binary(0x21, 0x11, BLOCK), FOUR),
    "2, IPv6": (binary_header(SIX), SIX),
    "2, local": (binary(0x20, 0x00, b""), None),
    "2, local with anything": (binary(0x20, 0x31, b"anything"), None),
    "2, options": (binary(0x21, 0x11, BLOCK + option(5, b"id") + option(0xEA, b"")), FOUR),
    "2, checksum": (summed(BLOCK + option(1, b"h2")), FOUR),
    "2, the longest": (
        binary(0x21, 0x11, BLOCK + option(4, bytes(LONGEST - 16 - len(BLOCK) - 3))),
        FOUR,
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_header_is_the_same_wherever_the_packets_split(name: str) -> None:
    header, ends = GOOD[name]
    for cut in range(0, len(header), 1 if len(header) < 1000 else 97):
        assert read_header(header[:cut]) is None
    for more in (b"", REST):
        assert read_header(header + more) == Header(ends, more)


BAD: Final = {
    "no header": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01",
    "small letters": b"proxy TCP4 192.0.2.7 198.51.100.1 51000 443\r\n",
    "1, a family that is not known": b"PROXY TCP5 192.0.2.7 198.51.100.1 51000 443\r\n",
    "1, UDP": b"PROXY UDP4 192.0.2.7 198.51.100.1 51000 443\r\n",
    "1, two blanks": b"PROXY TCP4  192.0.2.7 198.51.100.1 51000 443\r\n",
    "1, a field too many": b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 443 1\r\n",
    "1, a field too few": b"PROXY TCP4 192.0.2.7 198.51.100.1 51000\r\n",
    "1, a blank at the end": b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 443 \r\n",
    "1, a port too large": b"PROXY TCP4 192.0.2.7 198.51.100.1 70000 443\r\n",
    "1, a port with a sign": b"PROXY TCP4 192.0.2.7 198.51.100.1 +51000 443\r\n",
    "1, a port with a zero": b"PROXY TCP4 192.0.2.7 198.51.100.1 051000 443\r\n",
    "1, an octet too large": b"PROXY TCP4 192.0.2.400 198.51.100.1 51000 443\r\n",
    "1, an octet in octal": b"PROXY TCP4 192.0.02.7 198.51.100.1 51000 443\r\n",
    "1, IPv6 as IPv4": b"PROXY TCP4 ::1 ::2 51000 443\r\n",
    "1, IPv4 as IPv6": b"PROXY TCP6 192.0.2.7 198.51.100.1 51000 443\r\n",
    "1, a scope": b"PROXY TCP6 fe80::1%eth0 fe80::2 51000 443\r\n",
    "1, not ASCII": "PROXY TCP4 192.0.2.٧ 198.51.100.1 51000 443\r\n".encode(),
    "1, a bare LF": b"PROXY TCP4 192.0.2.7 198.51.100.1 51000 443\n" + REST * 5,
    "1, endless": b"PROXY UNKNOWN " + b"x" * 200,
    "2, version 3": binary(0x31, 0x11, BLOCK),
    "2, a command that is not known": binary(0x22, 0x11, BLOCK),
    "2, UDP": binary(0x21, 0x12, BLOCK),
    "2, UNIX": binary(0x21, 0x31, bytes(216)),
    "2, no family": binary(0x21, 0x00, b""),
    "2, too short": binary(0x21, 0x11, BLOCK[:-1]),
    "2, IPv6 too short": binary(0x21, 0x21, bytes(35)),
    "2, an option cut off": binary(0x21, 0x11, BLOCK + b"\x04\x00\x05abcd"),
    "2, an option without its length": binary(0x21, 0x11, BLOCK + b"\x04\x01"),
    "2, a wrong checksum": summed(BLOCK)[:-1] + b"?",
    "2, a short checksum": binary(0x21, 0x11, BLOCK + option(3, b"abc")),
    "2, beyond all bounds": binary(0x21, 0x11, BLOCK + bytes(LONGEST)),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_header_is_refused_wherever_the_packets_split(name: str) -> None:
    data = BAD[name]
    with pytest.raises(HeaderError):
        read_header(data)
    for cut in range(len(data)):
        try:
            read = read_header(data[:cut])
        except HeaderError:
            break
        assert read is None


@pytest.mark.parametrize("ends", [FOUR, SIX, None])
def test_what_is_written_is_read_again(ends: Ends | None) -> None:
    for write in (line_header, binary_header):
        assert read_header(write(ends) + REST) == Header(ends, REST)


def test_the_longest_line_that_is_written_is_within_its_bound() -> None:
    far = ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fff0", 65535)
    assert len(line_header(Ends(far, far))) <= LONGEST_LINE


def test_the_checksum_is_that_of_castagnoli() -> None:
    assert crc32c(b"123456789") == 0xE3069283

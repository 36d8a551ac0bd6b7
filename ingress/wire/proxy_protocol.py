"""The PROXY protocol, both versions (HAProxy's proxy-protocol.txt): whose connection a proxy passes on."""

from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final, NamedTuple

LONGEST_LINE: Final = 107
"""Bytes of a header of version 1, its CRLF included (2.1)."""
LONGEST: Final = 16 * 1024
"""Bytes of a header of version 2: room for what TLVs say of a certificate."""
SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
WORD: Final = b"PROXY "
_START: Final = 16
"""Bytes of a header of version 2 before its addresses."""
_LOCAL: Final = 0x20
_PROXY: Final = 0x21
_OVER_TCP4: Final = 0x11
_OVER_TCP6: Final = 0x21
_CHECKSUM: Final = 0x03
_UNPROXIED: Final = SIGNATURE + bytes((_LOCAL, 0, 0, 0))


class HeaderError(ValueError):
    """The connection does not begin with a header that can be believed; the text says why."""


class Ends(NamedTuple):
    """Both ends of a connection, each an address and a port."""

    source: tuple[str, int]
    """The client."""
    target: tuple[str, int]
    """Where it has connected to."""


class Header(NamedTuple):
    """What a connection begins with."""

    ends: Ends | None
    """None: the connection is the proxy's own."""
    rest: bytes
    """What came behind it."""


def read_header(data: bytes) -> Header | None:
    """The header at the beginning of a connection; None: the rest of it has yet to come."""
    if data[: len(WORD)] == WORD[: len(data)]:
        return _read_line(data)
    if data[: len(SIGNATURE)] == SIGNATURE[: len(data)]:
        return _read_binary(data)
    raise HeaderError("the connection does not begin with a PROXY header")


def _read_line(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0:
        if len(data) >= LONGEST_LINE:
            raise HeaderError("the header is too long")
        return None
    words = data[len(WORD) : end].split(b" ")
    rest = data[end + 2 :]
    if words[0] == b"UNKNOWN":
        # 2.1: whatever follows the word is passed over.
        return Header(None, rest)
    if len(words) != 5 or words[0] not in (b"TCP4", b"TCP6"):
        raise HeaderError("the header is not a protocol, two addresses and two ports")
    family, source, target, source_port, target_port = words
    of = _ipv4 if family == b"TCP4" else _ipv6
    return Header(Ends((of(source), _port(source_port)), (of(target), _port(target_port))), rest)


def _ipv4(word: bytes) -> str:
    try:
        return str(IPv4Address(word.decode("ascii")))
    except (AddressValueError, UnicodeDecodeError):
        raise HeaderError("not an IPv4 address") from None


def _ipv6(word: bytes) -> str:
    try:
        address = IPv6Address(word.decode("ascii"))
    except (AddressValueError, UnicodeDecodeError):
        raise HeaderError("not an IPv6 address") from None
    if address.scope_id is not None:
        raise HeaderError("an address of one link")
    return _text(address)


def _text(address: IPv4Address | IPv6Address) -> str:
    """As addresses are written here: one of IPv4 in IPv6's clothes is one of IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(address if mapped is None else mapped)


def _port(word: bytes) -> int:
    if not word.isdigit() or len(word) > 5 or int(word) > 65535 or (word[:1] == b"0" and len(word) > 1):
        raise HeaderError("not a port")
    return int(word)


def _read_binary(data: bytes) -> Header | None:
    if len(data) < _START:
        return None
    command, family = data[12], data[13]
    if command not in (_LOCAL, _PROXY):
        raise HeaderError("a version or command that is unknown")
    end = _START + int.from_bytes(data[14:16])
    if end > LONGEST:
        raise HeaderError("the header is too long")
    if len(data) < end:
        return None
    rest = data[end:]
    if command == _LOCAL:
        return Header(None, rest)
    if family == _OVER_TCP4:
        size = 4
    elif family == _OVER_TCP6:
        size = 16
    else:
        raise HeaderError("neither TCP over IPv4 nor over IPv6")
    options = _START + 2 * size + 4
    if end < options:
        raise HeaderError("the header is shorter than its addresses")
    _check_options(data[:end], options)
    return Header(_ends(data[_START:options], size), rest)


def _ends(block: bytes, size: int) -> Ends:
    of = IPv4Address if size == 4 else IPv6Address
    ports = block[2 * size :]
    return Ends(
        (_text(of(block[:size])), int.from_bytes(ports[:2])),
        (_text(of(block[size : 2 * size])), int.from_bytes(ports[2:])),
    )


def _check_options(header: bytes, at: int) -> None:
    """See that each option is whole, and the checksum right where there is one (2.2.3)."""
    while at < len(header):
        length = int.from_bytes(header[at + 1 : at + 3])
        start = at + 3
        if len(header) < start + length:
            raise HeaderError("an option that is cut off")
        if header[at] == _CHECKSUM:
            plain = header[:start] + bytes(length) + header[start + length :]
            if length != 4 or crc32c(plain) != int.from_bytes(header[start : start + 4]):
                raise HeaderError("the checksum is wrong")
        at = start + length


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ 0x82F63B78 * (byte & 1)
    return byte


_CRC: Final = tuple(map(_crc_of, range(256)))


def crc32c(data: bytes) -> int:
    """The checksum of Castagnoli (RFC 3720, appendix B.4)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def line_header(ends: Ends | None) -> bytes:
    """A header of version 1; None: of a connection of our own."""
    if ends is None:
        return b"PROXY UNKNOWN\r\n"
    (source, source_port), (target, target_port) = ends
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {target} {source_port} {target_port}\r\n".encode("ascii")


def binary_header(ends: Ends | None) -> bytes:
    """A header of version 2; None: of a connection of our own."""
    if ends is None:
        return _UNPROXIED
    (source, source_port), (target, target_port) = ends
    of = IPv6Address if ":" in source else IPv4Address
    family = _OVER_TCP6 if ":" in source else _OVER_TCP4
    block = of(source).packed + of(target).packed + source_port.to_bytes(2) + target_port.to_bytes(2)
    return SIGNATURE + bytes((_PROXY, family)) + len(block).to_bytes(2) + block

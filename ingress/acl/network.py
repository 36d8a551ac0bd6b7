"""IP addresses and networks: read, and compared across the two versions."""

import re
from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from typing import Final, NamedTuple

MAPPED: Final = bytes(10) + b"\xff\xff"
_COMPATIBLE: Final = bytes(12)
_SIX_TO_FOUR: Final = b"\x20\x02"
_FOUR: Final = re.compile(rb"0*[0-9]{1,3}(?:\.0*[0-9]{1,3}){3}")
_LEADING: Final = re.compile(_FOUR.pattern + rb"(?![0-9.])")
_SIX: Final = re.compile(rb"[0-9A-Fa-f:.]{2,45}")


class Network(NamedTuple):
    """All addresses that are equal to `value` under `mask`; both packed, of one length."""

    value: bytes
    mask: bytes


def read_network(text: str) -> Network:
    """The network `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `fd00::/8` or a single address; host bits may be
    set. Raises ValueError for a name, a range, or an abbreviated IPv4 address."""
    address_part, slash, mask_part = text.partition("/")
    address = _read_address(address_part)
    mask = read_mask(mask_part, len(address)) if slash else b"\xff" * len(address)
    return Network(bytes(a & m for a, m in zip(address, mask, strict=True)), mask)


def _read_address(text: str) -> bytes:
    try:
        return IPv6Address(text).packed if ":" in text and "%" not in text else IPv4Address(text).packed
    except AddressValueError:
        pass
    if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", text):
        raise ValueError(f'"{text}" is an abbreviated address: write all four numbers')
    raise ValueError(f'"{text[:60]}" is not an IP address or network')


def read_mask(text: str, length: int) -> bytes:
    """The mask of a number of bits, or in dots, for addresses of that many bytes."""
    if re.fullmatch(r"[0-9]{1,3}", text) and int(text) <= length * 8:
        bits = int(text)
        return ((1 << length * 8) - (1 << length * 8 - bits)).to_bytes(length, "big")
    if length == 4 and "." in text:
        return _read_address(text)
    raise ValueError(f'"/{text[:40]}" is no mask: a number up to {length * 8} is expected')


def header_address(text: bytes) -> bytes | None:
    """The address a header value is: IPv4, with or without a port, or bare IPv6; else None."""
    host, colon, port = text.partition(b":")
    if not colon:
        return _dotted(text)
    if b"." not in host:
        return _six(text)
    return _dotted(host) if re.fullmatch(rb"0*[0-9]{1,5}", port) and int(port) <= 65535 else None


def leading_address(text: bytes) -> bytes | None:
    """The address a text is, or the IPv4 address it begins with; else None. This is how any text becomes
    an address in HAProxy; only `hdr_ip` is stricter."""
    found = _LEADING.match(text)
    return _dotted(found[0]) if found is not None else _six(text)


def _dotted(text: bytes) -> bytes | None:
    """Four decimal numbers; leading zeros do not make them octal."""
    if not _FOUR.fullmatch(text):
        return None
    numbers = [int(part) for part in text.split(b".")]
    return bytes(numbers) if max(numbers) < 256 else None


def _six(text: bytes) -> bytes | None:
    if not _SIX.fullmatch(text):
        return None
    try:
        return IPv6Address(text.decode()).packed
    except AddressValueError:
        return None


def address_text(address: bytes) -> bytes:
    """The address as people write it; an IPv4 address inside an IPv6 one keeps its dots."""
    if len(address) == 4:
        return b"%d.%d.%d.%d" % (*address,)
    if address.startswith(MAPPED):
        return b"::ffff:" + address_text(address[12:])
    if address.startswith(_COMPATIBLE) and any(address[12:14]):
        return b"::" + address_text(address[12:])
    return str(IPv6Address(address)).encode()


def address_number(address: bytes) -> int | None:
    """An IPv4 address as the number it is; None for IPv6."""
    return int.from_bytes(address, "big") if len(address) == 4 else None


def number_address(number: int) -> bytes:
    """The IPv4 address of the lowest 32 bits of a number."""
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


def masked(address: bytes, mask: bytes) -> bytes:
    """The address with the bits that the mask has; both of one length."""
    number = int.from_bytes(address, "big") & int.from_bytes(mask, "big")
    return number.to_bytes(len(address), "big")


def unmapped(address: bytes) -> bytes | None:
    """The IPv4 address that an address is or is mapped from; None for others."""
    if len(address) == 4:
        return address
    return address[12:] if address.startswith(MAPPED) else None


def as_ipv4(address: bytes) -> bytes | None:
    """The IPv4 address inside an IPv6 one (mapped, compatible or 6to4), or None."""
    if address.startswith((MAPPED, _COMPATIBLE)):
        return address[12:]
    return address[2:6] if address.startswith(_SIX_TO_FOUR) else None


def contains(networks: Iterable[Network]) -> Callable[[bytes], bool]:
    """A test whether an address is in any of the networks; it costs one look-up for each mask."""
    four = Masks(network for network in networks if len(network.mask) == 4)
    six = Masks(network for network in networks if len(network.mask) == 16)

    def test(address: bytes) -> bool:
        if len(address) == 4:
            return four.hold(address) or (six.any and six.hold(MAPPED + address))
        if six.hold(address):
            return True
        inside = as_ipv4(address) if four.any else None
        return inside is not None and four.hold(inside)

    return test


class Masks:
    """Networks of one IP version, by mask."""

    __slots__ = ("_rows", "any")

    def __init__(self, networks: Iterable[Network]) -> None:
        rows: dict[int, set[int]] = {}
        for value, mask in networks:
            rows.setdefault(int.from_bytes(mask, "big"), set()).add(int.from_bytes(value, "big"))
        self._rows = tuple((mask, frozenset(values)) for mask, values in rows.items())
        self.any = bool(rows)

    def hold(self, address: bytes) -> bool:
        """Whether an address of this version is in one of the networks."""
        number = int.from_bytes(address, "big")
        for mask, values in self._rows:  # noqa: SIM110  a plain loop costs half of a generator
            if number & mask in values:
                return True
        return False


def masks_of(networks: Iterable[str]) -> dict[int, Masks]:
    """Networks as they are written (`10.0.0.0/8`), by the length of addresses of their version."""
    read = [ip_network(network, strict=False) for network in networks]
    packed = [Network(each.network_address.packed, each.netmask.packed) for each in read]
    return {size: Masks(each for each in packed if len(each.mask) == size) for size in (4, 16)}

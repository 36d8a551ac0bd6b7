"""Bytes as the inside of a JSON string, whatever they are."""

from collections.abc import Callable, Iterator
from typing import Final

CODINGS: Final = ("ascii", "utf8", "utf8s", "utf8p", "utf8ps")
"""`s`: errors are left out, and not the end of it; `p`: longer forms than needed are no errors."""
_SHORT: Final = {
    ord('"'): '\\"',
    ord("\\"): "\\\\",
    ord("/"): "\\/",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    12: "\\f",
    13: "\\r",
}
_LEAST: Final = (0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000)
"""The least number that needs so many bytes."""


def json_writer(coding: str) -> Callable[[bytes], bytes | None]:
    """A function that writes a text so that it may stand in a JSON string; None: it is broken."""
    if coding == "ascii":
        return lambda data: "".join(map(_escaped, data)).encode()
    silent, permissive = coding.endswith("s"), "p" in coding

    def write(data: bytes) -> bytes | None:
        written = []
        for number in _numbers(data, permissive):
            if number is not None:
                written.append(_escaped(number))
            elif not silent:
                return None
        return "".join(written).encode()

    return write


def _escaped(number: int) -> str:
    short = _SHORT.get(number)
    if short is not None:
        return short
    return chr(number) if 0x20 <= number < 0x7F else f"\\u{number:04x}"


def _numbers(data: bytes, permissive: bool) -> Iterator[int | None]:
    """The characters of a text in UTF-8; None for what is none, or does not fit into four digits."""
    place = 0
    while place < len(data):
        number, size, whole = _character(data, place)
        place += size
        good = whole and number <= 0xFFFF and not 0xD800 <= number <= 0xDFFF and number < 0xFFFE
        good = good and (permissive or number >= _LEAST[size])
        yield number if good else None


def _character(data: bytes, place: int) -> tuple[int, int, bool]:
    """The number, the bytes it takes, and whether it is whole."""
    first = data[place]
    if first < 0x80:
        return first, 1, True
    size = next((bits for bits in range(7) if not first & 0x80 >> bits), 7)
    if not 2 <= size <= 6:
        return 0, 1, False
    number = first & 0x7F >> size
    for taken in range(1, size):
        byte = data[place + taken] if place + taken < len(data) else 0
        if byte & 0xC0 != 0x80:
            return 0, taken, False
        number = number << 6 | byte & 0x3F
    return number, size, True

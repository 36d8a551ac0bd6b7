"""Needles: texts that are looked for inside others, that byte of them first which is least common.

One byte costs a tenth of a search, and mostly tells that the rest cannot be there either.
"""

from typing import Final, NamedTuple

_COMMON: Final = b" /.=;&0123456789eadcfbtoinsrhlumpgwyvkxjqz_-%+,:"
"""From the commonest on, as it is in paths, queries and cookies; others are rare."""


class Needle(NamedTuple):
    """A text, and the byte of it by which it is looked for."""

    byte: int
    text: bytes


def needle(text: bytes) -> Needle:
    """The needle of a text, which is not empty."""
    return Needle(max(text, key=_rarity), text)


def _rarity(byte: int) -> int:
    at = _COMMON.find(byte | 0x20 if chr(byte).isalpha() else byte)
    return len(_COMMON) if at < 0 else at

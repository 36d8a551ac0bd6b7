"""How common bytes are in what clients send."""

from typing import Final

_COMMON: Final = b" /.=;&0123456789eadcfbtoinsrhlumpgwyvkxjqz_-%+,:"
"""From the commonest on, as it is in paths, queries and cookies; others are rare."""


def rarest(text: bytes) -> int:
    """The least common byte of a text, which is not empty."""
    return max(text, key=_rarity)


def _rarity(byte: int) -> int:
    at = _COMMON.find(byte | 0x20 if chr(byte).isalpha() else byte)
    return len(_COMMON) if at < 0 else at

"""Integers: how loosely a sample is read as one, and the ranges it is compared with."""

import re
from collections.abc import Callable, Mapping
from typing import Final

Range = tuple[int | None, int | None]
"""Lowest and highest number that match, both included; None: no bound."""

_RANGE: Final = re.compile(r"(?P<low>[0-9]*)(?P<bound>[:-]?)(?P<high>[0-9]*)")
_DIGITS: Final = re.compile(rb"[+-]?[0-9]*")
_HIGHEST: Final = 2**63 - 1

OPERATORS: Final = ("eq", "ge", "gt", "le", "lt")
"""They hold for every number after them, up to the next operator."""


def read_range(text: str) -> Range:
    """The numbers that `5`, `5:7`, `5:`, `:7` or `5-7` stand for; raises ValueError for anything else."""
    if text.startswith("-"):
        raise ValueError(f'a negative number is not possible here: write ":{text[1:]}" for at most that')
    found = _RANGE.fullmatch(text)
    if found is None or text in ("", ":"):
        raise ValueError(f'"{text[:40]}" is no number and no range such as 5:10')
    low = _bounded(found["low"])
    high = _bounded(found["high"]) if found["bound"] else low
    if low is not None and high is not None and low > high:
        raise ValueError(f'"{text[:40]}" is an empty range: the lower number comes first')
    return low, high


def _bounded(digits: str) -> int | None:
    if len(digits) > 19 or int(digits or 0) > _HIGHEST:
        raise ValueError(f"{digits[:40]} is too large")
    return int(digits) if digits else None


def apply_operator(operator: str, text: str) -> str:
    """The range that an operator and a number stand for: `gt` and `5` give `6:`."""
    low, high = read_range(text)
    if operator == "eq":
        return text
    if low is None or low != high:
        raise ValueError(f'"{operator}" takes a number, not a range')
    return _BOUNDS[operator](low)


def _below(number: int) -> str:
    if number == 0:
        raise ValueError("nothing that is counted here is less than 0")
    return f":{number - 1}"


_BOUNDS: Final[Mapping[str, Callable[[int], str]]] = {
    "ge": lambda number: f"{number}:",
    "gt": lambda number: f"{number + 1}:",
    "le": lambda number: f":{number}",
    "lt": _below,
}


def loose_number(text: bytes) -> int | None:
    """The number a text begins with, 0 where it begins with none; None for an empty text."""
    if not text:
        return None
    found = _DIGITS.match(text)
    digits = found[0] if found is not None else b""
    number = int(digits) if digits.strip(b"+-") else 0
    return max(-_HIGHEST - 1, min(_HIGHEST, number))


def header_number(text: bytes) -> int:
    """The number a header value begins with, as `hdr_val` reads it: signs and dots are not seen as
    the end of a number, and 32 bits are kept, so that both proxies decide the same."""
    number = 0
    negative = text.startswith(b"-")
    for byte in text[1:] if negative else text:
        digit = byte - 0x30 if byte < 0x80 else byte - 0x130
        if digit > 9:
            break
        number = number * 10 + digit
    number = -number if negative else number
    return (number + 2**31) % 2**32 - 2**31

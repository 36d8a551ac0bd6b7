"""Parts of a text between delimiters, each of which is one of some characters."""

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _separator(delimiters: bytes) -> re.Pattern[bytes]:
    return re.compile(b"[" + re.escape(delimiters) + b"]")


def field(text: bytes, delimiters: bytes, index: int, count: int) -> bytes | None:
    """`count` fields from the one of that index on (counted from 1, or from the end); 0: all of them."""
    places = [found.start() for found in _separator(delimiters).finditer(text)]
    return _between(text, [-1, *places, len(text)], index, count)


def _between(text: bytes, borders: list[int], index: int, count: int) -> bytes | None:
    """The fields between neighbouring borders, counted from the left or the right."""
    last = len(borders) - 1
    if index > 0:
        first, end = index - 1, last if count == 0 else min(last, index - 1 + count)
    else:
        end = last + index + 1
        first = 0 if count == 0 else max(0, end - count)
    if not 0 <= first < end:
        return None
    return text[borders[first] + 1 : borders[end]]


def word(text: bytes, delimiters: bytes, index: int, count: int) -> bytes:
    """As `field`, for the parts that are not empty. More of them than there are: up to the very end."""
    words = [found.span() for found in _words(delimiters).finditer(text)]
    if abs(index) > len(words):
        return b""
    if index > 0:
        last = index - 1 + count
        end = words[last - 1][1] if count > 0 and last <= len(words) else len(text)
        return text[words[index - 1][0] : end]
    last = len(words) + index
    first = last + 1 - count
    start = words[first][0] if count > 0 and first >= 0 else 0
    return text[start : words[last][1]]


@lru_cache(maxsize=256)
def _words(delimiters: bytes) -> re.Pattern[bytes]:
    return re.compile(b"[^" + re.escape(delimiters) + b"]+")

"""The language that a client likes best of those there are (Accept-Language, RFC 9110, 12.5.4)."""

import re
from collections.abc import Callable, Sequence
from typing import Final

_ELEMENT: Final = re.compile(rb"[ \t]*([^ \t;,]+)[ \t]*([^,]*)")
_WEIGHT: Final = re.compile(rb";[ \t]*q[ \t]*=[ \t]*([0-9])(?:\.([0-9]{0,3}))?")
FULL: Final = 1000


def preferred(known: Sequence[bytes], default: bytes | None) -> Callable[[bytes], bytes | None]:
    """A function that picks one of the languages for a value of Accept-Language; of those alike, the one
    that is named first. `fr-FR` stands for `fr` too, if it is not there itself."""

    def pick(value: bytes) -> bytes | None:
        best, chosen = 0, default
        for element in value.split(b","):
            found = _ELEMENT.match(element)
            language = None if found is None else _of(known, found[1])
            if found is None or language is None:
                continue
            weight = _weight(found[2])
            if weight > best:
                best, chosen = weight, language
            if best == FULL:
                break
        return chosen

    return pick


def _of(known: Sequence[bytes], asked: bytes) -> bytes | None:
    """The first of the languages that the client's word stands for."""
    return next((one for one in known if asked == one or asked.startswith(one + b"-")), None)


def _weight(parameters: bytes) -> int:
    """Thousandths; what cannot be read is liked fully."""
    found = _WEIGHT.match(parameters)
    if found is None:
        return FULL
    return min(FULL, int(found[1]) * FULL + int((found[2] or b"0").ljust(3, b"0")))

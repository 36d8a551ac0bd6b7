"""Indexes: which of very many patterns a sample matches, by a look-up instead of a scan."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ingress.acl.matches import DIRECTORY, DOMAIN
from ingress.acl.network import MAPPED, Network, as_ipv4, contains
from ingress.acl.number import Range
from ingress.acl.pattern import compile_regex
from ingress.model.condition import Match

Find = Callable[[Any], int | None]
"""The number, from 0, of the pattern that counts for a sample; None: it matches none."""

_GRAM: Final = 4
_REMEMBERED: Final = 4096


def exact(patterns: Sequence[bytes]) -> Find:
    """The first that is equal."""
    return _numbers(patterns).get


def _numbers(patterns: Sequence[Any]) -> dict[Any, int]:
    numbers: dict[Any, int] = {}
    for number, pattern in enumerate(patterns):
        numbers.setdefault(pattern, number)
    return numbers


class Prefixes:
    """Patterns in the order of their bytes, each with the longest other one that it begins with.

    The last that is not behind a text either is a prefix of it, or begins with every one that is.
    """

    __slots__ = ("_first", "_numbers", "_parents", "_row")

    def __init__(self, patterns: Sequence[bytes]) -> None:
        numbers = _numbers(patterns)
        self._row = sorted(numbers)
        self._numbers = [numbers[pattern] for pattern in self._row]
        self._parents: list[int] = []
        self._first = list(self._numbers)
        """The lowest number of a pattern and those that it begins with."""
        for at, pattern in enumerate(self._row):
            parent = at - 1
            while parent >= 0 and not pattern.startswith(self._row[parent]):
                parent = self._parents[parent]
            self._parents.append(parent)
            if parent >= 0:
                self._first[at] = min(self._first[at], self._first[parent])

    def _at(self, text: bytes) -> int:
        """The place of the longest prefix of a text, or -1."""
        row = self._row
        at = bisect_right(row, text) - 1
        while at >= 0 and not text.startswith(row[at]):
            at = self._parents[at]
        return at

    def longest(self, text: bytes) -> int | None:
        """The longest that a text begins with."""
        at = self._at(text)
        return None if at < 0 else self._numbers[at]

    def first(self, text: bytes) -> int | None:
        """The first, as they were given, that a text begins with."""
        at = self._at(text)
        return None if at < 0 else self._first[at]


class Beginnings:
    """Patterns that texts begin with, most of which share not even their first bytes with any: one look
    tells."""

    __slots__ = ("_heads", "_longest", "_size")

    def __init__(self, patterns: Sequence[bytes]) -> None:
        self._longest = Prefixes(patterns).longest
        self._size = min(map(len, patterns), default=0)
        self._heads = frozenset(pattern[: self._size] for pattern in patterns)

    def has(self, text: bytes) -> bool:
        """Whether a text begins with any."""
        return text[: self._size] in self._heads and self._longest(text) is not None

    def find(self, text: bytes) -> int | None:
        """The longest that a text begins with."""
        return self._longest(text) if text[: self._size] in self._heads else None


def _beginning(patterns: Sequence[bytes]) -> Find:
    return Beginnings(patterns).find


def _ending(patterns: Sequence[bytes]) -> Find:
    first = Prefixes([pattern[::-1] for pattern in patterns]).first
    return lambda text: first(text[::-1])


def _inside(patterns: Sequence[bytes]) -> Find:
    """The first that stands anywhere in a text."""
    first = Prefixes(patterns).first
    longest = max(map(len, patterns), default=0)
    size = min(_GRAM, min(map(len, patterns), default=0))
    grams = frozenset(pattern[:size] for pattern in patterns)

    def find(text: bytes) -> int | None:
        found = (
            first(text[at : at + longest])
            for at in range(len(text) - size + 1)
            if text[at : at + size] in grams
        )
        return min((number for number in found if number is not None), default=None)

    return find


def _between(delimiters: bytes) -> Callable[[Sequence[bytes]], Find]:
    """A maker of indexes that find the first which stands between delimiters or ends of a text."""

    def index(patterns: Sequence[bytes]) -> Find:
        numbers = _numbers(patterns)
        if all(pattern.translate(None, delimiters) == pattern for pattern in numbers):
            return _single(numbers, delimiters)
        spans = sorted({sum(byte in delimiters for byte in pattern) for pattern in numbers})

        def find(text: bytes) -> int | None:
            places = [at for at, byte in enumerate(text) if byte in delimiters]
            starts, ends = [0, *(at + 1 for at in places)], [*places, len(text)]
            found = (
                numbers.get(text[start : ends[nth + span]])
                for nth, start in enumerate(starts)
                for span in spans
                if nth + span < len(ends)
            )
            return min((number for number in found if number is not None), default=None)

        return find

    return index


def _single(numbers: Mapping[bytes, int], delimiters: bytes) -> Find:
    """The first of patterns that have no delimiters in them."""
    first = delimiters[:1]
    alike = bytes.maketrans(delimiters, first * len(delimiters))

    def find(text: bytes) -> int | None:
        words = text.translate(alike).split(first)
        return min((numbers[word] for word in words if word in numbers), default=None)

    return find


def _ranges(patterns: Sequence[Range]) -> Find:
    """The first range that has a number."""
    single = _numbers([low for low, high in patterns if low == high])
    places = [number for number, (low, high) in enumerate(patterns) if low == high]
    wide = [(number, low, high) for number, (low, high) in enumerate(patterns) if low != high]

    def find(sample: int) -> int | None:
        at = single.get(sample)
        best = None if at is None else places[at]
        for number, low, high in wide:
            if best is not None and number > best:
                return best
            if (low is None or low <= sample) and (high is None or sample <= high):
                return number
        return best

    return find


def _lengths(patterns: Sequence[Range]) -> Find:
    find = _ranges(patterns)
    return lambda text: find(len(text))


def networks(patterns: Sequence[Network]) -> Find:
    """The smallest network that has an address; after all of them, the first whose mask has gaps."""
    return _remembering(_all_networks(patterns))


def _remembering(find: Find) -> Find:
    """The same, quicker for who comes again, as clients do."""
    known: dict[bytes, int | None] = {}

    def remembered(address: bytes) -> int | None:
        if address in known:
            return known[address]
        if len(known) >= _REMEMBERED:
            known.clear()
        number = known[address] = find(address)
        return number

    return remembered


def _all_networks(patterns: Sequence[Network]) -> Find:
    find = _smallest(patterns)
    gaps = [(at, contains([network])) for at, network in enumerate(patterns) if _has_gaps(network)]
    if not gaps:
        return find

    def find_any(address: bytes) -> int | None:
        found = find(address)
        return found if found is not None else next((at for at, test in gaps if test(address)), None)

    return find_any


def _has_gaps(network: Network) -> bool:
    ends = int.from_bytes(bytes(255 - byte for byte in network.mask), "big")
    return ends & (ends + 1) != 0


def _smallest(patterns: Sequence[Network]) -> Find:
    four, six = _rows(patterns, 4), _rows(patterns, 16)

    def find(address: bytes) -> int | None:
        if len(address) == 4:
            found = _lookup(four, address)
            return _lookup(six, MAPPED + address) if found is None and six else found
        found = _lookup(six, address)
        inside = as_ipv4(address) if found is None and four else None
        return found if inside is None else _lookup(four, inside)

    return find


_Rows = Sequence[tuple[int, dict[int, int]]]


def _rows(patterns: Sequence[Network], length: int) -> _Rows:
    """By mask, the longest first: the number of each network."""
    rows: dict[int, dict[int, int]] = {}
    for number, network in enumerate(patterns):
        value, mask = network
        if len(mask) == length and not _has_gaps(network):
            row = rows.setdefault(int.from_bytes(mask, "big"), {})
            row.setdefault(int.from_bytes(value, "big"), number)
    return sorted(rows.items(), key=lambda row: -row[0].bit_count())


def _lookup(rows: _Rows, address: bytes) -> int | None:
    value = int.from_bytes(address, "big")
    for mask, numbers in rows:
        number = numbers.get(value & mask)
        if number is not None:
            return number
    return None


def _expressions(patterns: Sequence[str]) -> Find:
    searches = [compile_regex(pattern).search for pattern in patterns]
    return lambda text: next((number for number, search in enumerate(searches) if search(text)), None)


INDEXES: Final[dict[Match, Callable[[Sequence[Any]], Find]]] = {
    Match.STR: exact,
    Match.BIN: exact,
    Match.BEG: _beginning,
    Match.END: _ending,
    Match.SUB: _inside,
    Match.DIR: _between(DIRECTORY),
    Match.DOM: _between(DOMAIN),
    Match.LEN: _lengths,
    Match.INT: _ranges,
    Match.IP: networks,
    Match.REG: _expressions,
}
"""Which pattern counts, as in HAProxy: of `beg` and `ip` the longest, of the others the first."""


def folded(find: Find) -> Find:
    """The same for samples in any case; the patterns are in lower case."""
    return lambda text: find(text.lower())

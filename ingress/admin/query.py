"""Queries: what a listing is asked for in its URL."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

LIMIT: Final = 500
MOST: Final = 10_000

Key = tuple[str, ...]
"""The place of an item in its listing."""


class BadQueryError(ValueError):
    """The query cannot be read; the message says what is wrong and what is possible."""


class Query(Struct, frozen=True):
    """Which items, from where on, and how many."""

    limit: int = LIMIT
    after: Key = ()
    namespace: str | None = None
    host: str | None = None
    backend: str | None = None

    def admits(self, **facts: str) -> bool:
        """Whether every filter that is set equals the fact of the same name."""
        return all(getattr(self, name) in (None, fact) for name, fact in facts.items())


def parse_query(words: Mapping[str, str], filters: Sequence[str]) -> Query:
    """The query that the parameters of a URL mean, for a listing that knows these filters."""
    known = ("limit", "after", *filters)
    unknown = [word for word in words if word not in known]
    if unknown:
        raise BadQueryError(f'unknown parameter "{unknown[0]}"; known here: {", ".join(known)}')
    values = {name: words[name] for name in filters if name in words}
    return Query(_limit(words.get("limit", "")), parse_cursor(words.get("after", "")), **values)


def cursor(key: Key) -> str:
    """The text by which a client asks for what comes after this key."""
    return msgspec.json.encode(key).decode()


def parse_cursor(text: str) -> Key:
    """The key of a cursor; nothing at all comes before everything."""
    if not text:
        return ()
    try:
        return msgspec.json.decode(text, type=Key)
    except msgspec.DecodeError:
        raise BadQueryError('"after" takes what an earlier answer gave as "next"') from None


def _limit(text: str) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MOST):
        raise BadQueryError(f'"limit" takes a number from 1 to {MOST}')
    return int(text)

"""Keys under a prefix as they are followed: answers in, values out."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from discovery.consul.query import BlockingQuery
from discovery.consul.roster import Roster


class _Pair(Struct, frozen=True, rename="pascal"):
    """One item of `/v1/kv/PREFIX?recurse`; the value is base64 on the wire."""

    key: str
    value: bytes | None = None


_PAIRS: Final = msgspec.json.Decoder(tuple[_Pair, ...])


class FollowedKeys:
    """What is known of the keys under one prefix, and the query for it."""

    def __init__(self, query: BlockingQuery, tell: Callable[[Mapping[str, bytes]], None]) -> None:
        """`tell` is given all keys with their values, whenever they change."""
        self.query = query
        self._tell = tell
        self._told = False
        self._roster: Roster[str, bytes] = Roster()

    def take(self, body: bytes, whole: bool) -> bool:
        """Take an answer; says whether it is news. ValueError if it cannot be read."""
        # A key that ends with a slash is a folder: it has no value, and means nothing.
        found = {pair.key: pair.value or b"" for pair in _PAIRS.decode(body) if not pair.key.endswith("/")}
        changed = self._roster.take(found, whole=whole)
        if changed or not self._told:
            self._told = True
            self._tell(dict(self._roster.members))
        return changed

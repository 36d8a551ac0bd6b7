"""Where the book of the replicas is kept: something that two of them cannot write at once."""

from typing import NamedTuple, Protocol


class AwayError(Exception):
    """The store cannot be read or written now; the text says why, in one line."""


class Kept(NamedTuple):
    """What is in the store."""

    text: bytes = b""
    """Empty: nothing has been written yet."""
    version: str = ""
    """Changes with each write; empty: there is nothing at all."""


class RecordStore(Protocol):
    """One text with a version."""

    async def read(self) -> Kept:
        """What is there. Raises AwayError."""

    async def write(self, text: bytes, version: str) -> bool:
        """Put a text in the place of that of this version; False: somebody else has been faster. Raises
        AwayError."""

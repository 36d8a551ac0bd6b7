"""The token by which real requests may ask to be explained."""

from pathlib import Path
from typing import Final

SHORTEST: Final = 16
"""Characters of a token."""


def read_token(path: str) -> bytes:
    """The token in a file; empty, where no file is named. Raises ValueError where what is in it is too short
    to be one, and OSError."""
    if not path:
        return b""
    token = Path(path).read_bytes().strip()
    if (
        len(token) < SHORTEST
        or not token.isascii()
        or not token.decode("ascii").isprintable()
        or b" " in token
    ):
        raise ValueError(f"it has no token of at least {SHORTEST} letters and digits")
    return token

"""Tokens in files: whoever shows one may do or see more than others."""

from collections.abc import Callable
from functools import partial
from hmac import compare_digest
from pathlib import Path
from typing import Final

SHORTEST: Final = 16
"""Characters of a token."""

Token = Callable[[], bytes]
"""The token as it is now; empty: there is none, so nobody has it. Raises TokenError."""


class TokenError(Exception):
    """A file has no token that could be used; the text says which, and why."""


def token_in(path: str) -> Token:
    """The token in a file, which may be exchanged at any time; no file, no token."""
    return partial(read_token, path)


def read_token(path: str) -> bytes:
    """The token in a file; empty where no file is named. TokenError: there is none in it."""
    if not path:
        return b""
    try:
        token = Path(path).read_bytes().strip()
    except OSError as error:
        raise TokenError(f"{path}: {error.strerror}") from None
    # RFC 6750, 2.1: it goes into a header field as one word.
    if len(token) < SHORTEST or not all(0x21 <= byte <= 0x7E for byte in token):
        raise TokenError(f"{path}: it has no token of at least {SHORTEST} letters and digits")
    return token


def is_shown(token: bytes, shown: bytes) -> bool:
    """Whether this is the token; how long that takes says nothing of it."""
    return bool(token) and compare_digest(shown, token)

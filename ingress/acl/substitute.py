"""What is put in place of what an expression finds."""

from collections.abc import Callable, Sequence
from typing import Any, Final

REPLACEMENTS: Final = 1000
"""Of one text: a bound on the time it may take."""

Substitute = Sequence[bytes | int]
"""Texts, and the numbers of groups."""


def read_substitute(text: str) -> Substitute:
    """The parts of a substitute: a backslash and a digit stand for a group, `\\\\` for a backslash."""
    return split_substitute(text.encode(), hexadecimal=True)


def split_substitute(text: bytes, *, hexadecimal: bool = False) -> Substitute:
    """The parts of a text. `hexadecimal`: refuse a `\\x`, which is a byte elsewhere."""
    first, *rest = text.replace(b"\\\\", b"\\\0").split(b"\\")
    parts: list[bytes | int] = [first]
    for piece in rest:
        head = piece[:1]
        if head.isdigit():
            parts += (int(head), piece[1:])
        elif hexadecimal and head in (b"x", b""):
            raise ValueError("a backslash stands before the number of a group or another backslash only")
        else:
            parts.append(b"\\" + piece[1:] if head == b"\0" else piece)
    return tuple(part for part in parts if part != b"")


def expand(substitute: Substitute, match: Any) -> bytes:
    """The substitute with what the groups have found; a group that is not there is empty."""
    groups = match.re.groups
    return b"".join(
        part if isinstance(part, bytes) else b"" if part > groups else match.group(part) or b""
        for part in substitute
    )


def replaced(
    text: bytes, search: Callable[[bytes, int], Any], substitute: Substitute, *, everywhere: bool
) -> bytes | None:
    """The text with what is found replaced, once or everywhere; None beyond the bound."""
    made: list[bytes] = []
    position = 0
    while (match := search(text, position)) is not None:
        if len(made) > 2 * REPLACEMENTS:
            return None
        start, end = match.span()
        made += (text[position:start], expand(substitute, match))
        last = not everywhere or position >= len(text)
        position = end
        if start == end < len(text):
            # What is found in front of a character is looked for again behind it.
            made.append(text[end : end + 1])
            position += 1
        if last:
            break
    return b"".join((*made, text[position:]))

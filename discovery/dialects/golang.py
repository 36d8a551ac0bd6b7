"""Values as Go programs read them: truths, lists, and what is put in place of a match."""

import re
from typing import Final

from discovery.dialects.complaint import ComplaintError

_TRUTHS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
_GROUP: Final = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))|\\", re.ASCII)


def read_truth(text: str) -> bool:
    """`true` and `false` in the ways that Go takes."""
    try:
        return _TRUTHS[text]
    except KeyError:
        raise ComplaintError(f'"{text[:40]}" is neither true nor false') from None


def read_number(text: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"[+-]?[0-9]{1,19}", text, re.ASCII):
        raise ComplaintError(f'"{text[:40]}" is not a whole number')
    return int(text)


def read_list(text: str) -> tuple[str, ...]:
    """Words with commas between, without empty ones."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def read_substitute(text: str) -> str:
    """`$1` and `${1}` as backslashes and digits."""

    def written(match: re.Match[str]) -> str:
        if match[0] == "\\":
            return "\\\\"
        name = match[1] or match[2]
        if name is None:
            return "$"
        if not (name.isdigit() and len(name) == 1):
            raise ComplaintError(f'"{match[0][:40]}" is not $0 to $9, or one of them in braces: ${{1}}')
        return f"\\{name}"

    return _GROUP.sub(written, text)

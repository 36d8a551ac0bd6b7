"""Header fields: set, added, deleted, replaced."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from ingress.acl.field import unquoted
from ingress.acl.framing import FRAMING
from ingress.acl.pattern import compile_regex
from ingress.acl.sample import Client
from ingress.acl.substitute import expand, split_substitute
from ingress.acl.text import Make, compile_text
from ingress.filter.act import Change, Message, Request
from ingress.model.policy import AddHeader, DelHeader, ReplaceHeader, SetHeader

_BLANKS: Final = b" \t"


def set_header(action: SetHeader) -> Change:
    """Make it the only field of its name."""
    name, make = action.name.encode(), compile_text(action.value)

    def change(message: Message, request: Request, client: Client) -> None:
        message.edit(name, [make(request, client).strip(_BLANKS)])

    return change


def add_header(action: AddHeader) -> Change:
    """Add a field behind those of its name."""
    name, make = action.name.encode(), compile_text(action.value)
    lower = name.lower()

    def change(message: Message, request: Request, client: Client) -> None:
        message.edit(name, [*message.values(lower), make(request, client).strip(_BLANKS)])

    return change


def del_header(action: DelHeader) -> Change:
    """Delete all fields of that name, or of names like it."""
    name = action.name.encode()
    if action.match:
        return _del_matching(_NAMED[action.match](action.name))

    def change(message: Message, request: Request, client: Client) -> None:
        message.edit(name, [])

    return change


def _del_matching(matches: Callable[[bytes], object]) -> Change:
    def change(message: Message, request: Request, client: Client) -> None:
        for name in message.names():
            if name not in _KEPT and matches(name):
                message.edit(name, [])

    return change


_KEPT: Final = frozenset(map(str.encode, ("host", *FRAMING)))
"""What no rule deletes."""


def _begins(text: str) -> Callable[[bytes], object]:
    part = text.lower().encode()
    return lambda name: name.startswith(part)


def _ends(text: str) -> Callable[[bytes], object]:
    part = text.lower().encode()
    return lambda name: name.endswith(part)


def _contains(text: str) -> Callable[[bytes], object]:
    part = text.lower().encode()
    return lambda name: part in name


def _found(text: str) -> Callable[[bytes], object]:
    search: Callable[[bytes], object] = compile_regex(text).search
    return search


_NAMED: Final = {"beg": _begins, "end": _ends, "sub": _contains, "reg": _found}
"""How the lower-case name of a field is compared."""


def replace_header(action: ReplaceHeader) -> Change:
    """Put a text in place of each value, or part of a value, in which the expression is found."""
    name = action.name.encode()
    lower = name.lower()
    replace = replacer(action.pattern, compile_text(action.value))
    if action.parts:
        replace = _for_parts(replace)

    def change(message: Message, request: Request, client: Client) -> None:
        values = message.values(lower)
        made = [replace(value, request, client) for value in values]
        if any(text is not None for text in made):
            pairs = zip(values, made, strict=True)
            message.edit(name, [value if text is None else text for value, text in pairs])

    return change


Replace = Callable[[bytes, Request, Client], bytes | None]


def replacer(pattern: str, make: Make) -> Replace:
    """A function that gives the text for a value; None where the expression is not found in it."""
    search: Callable[[bytes], Any] = compile_regex(pattern, captures=True).search

    def replace(value: bytes, request: Request, client: Client) -> bytes | None:
        match = search(value)
        if match is None:
            return None
        text = make(request, client)
        return expand(split_substitute(text), match) if b"\\" in text else text

    return replace


def _for_parts(replace: Replace) -> Replace:
    """The same for each part between commas. A part that is replaced loses the blanks around it."""

    def replace_parts(value: bytes, request: Request, client: Client) -> bytes:
        made = []
        for part in _parts(value):
            text = replace(part.strip(_BLANKS), request, client)
            made.append(part if text is None else text)
        return b",".join(made)

    return replace_parts


def _parts(value: bytes) -> Iterator[bytes]:
    start = 0
    while start <= len(value):
        end = unquoted(value, start, b",")
        yield value[start:end]
        start = end + 1

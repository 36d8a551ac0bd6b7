"""Walks over policies and what they are made of."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

Rewrite = Callable[[Any], Any]
"""What is put in the place of a record."""


def rewritten(node: Any, rewrite: Rewrite) -> Any:
    """The same, with each record as `rewrite` gives it; those inside of a record come first."""
    if isinstance(node, tuple):
        return tuple(rewritten(each, rewrite) for each in node)
    if not isinstance(node, Struct):
        return node
    changed = {}
    for field in node.__struct_fields__:
        value = getattr(node, field)
        made = rewritten(value, rewrite)
        if made != value:
            changed[field] = made
    return rewrite(replace(node, **changed) if changed else node)


def records(node: Any) -> Iterator[Struct]:
    """Each record there is, those inside of others too."""
    if isinstance(node, tuple):
        for each in node:
            yield from records(each)
    elif isinstance(node, Struct):
        yield node
        for field in node.__struct_fields__:
            yield from records(getattr(node, field))

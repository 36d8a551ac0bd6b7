"""The pattern files that rules look into: named in full, and listed with the ways in which they are used."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ingress.acl.map_converters import use_of
from ingress.model.condition import Call, Criterion
from ingress.model.patterns import FileUse
from ingress.model.policy import Policy

T = TypeVar("T")


def name_files(policy: Policy, resolve: Callable[[str], str]) -> Policy:
    """The policy with the full names of its files, which `resolve` gives, and the list of them."""
    named: Policy = _named(policy, resolve)
    return replace(named, files=tuple(dict.fromkeys(_uses(named))))


def _named(node: Any, resolve: Callable[[str], str]) -> Any:
    """The same, with all names of files resolved."""
    if isinstance(node, tuple):
        return tuple(_named(each, resolve) for each in node)
    if isinstance(node, Call):
        return node if use_of(node) is None else Call(node.name, (resolve(node.args[0]), *node.args[1:]))
    if not isinstance(node, Struct):
        return node
    changed = {}
    for field in node.__struct_fields__:
        value = getattr(node, field)
        made = _named(value, resolve)
        if isinstance(node, Criterion) and field == "files":
            made = tuple(map(resolve, value))
        if made != value:
            changed[field] = made
    return replace(node, **changed) if changed else node


def _uses(node: Any) -> Iterator[FileUse]:
    if isinstance(node, tuple):
        for each in node:
            yield from _uses(each)
    elif isinstance(node, Call):
        use = use_of(node)
        yield from () if use is None else (use,)
    elif isinstance(node, Struct):
        if isinstance(node, Criterion):
            for file in node.files:
                yield FileUse(file, node.match, node.ignore_case, node.keyed)
        for field in node.__struct_fields__:
            yield from _uses(getattr(node, field))

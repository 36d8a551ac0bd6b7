"""The pattern files that rules look into: named in full, and listed with the ways in which they are used."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from ingress.acl.map_converters import use_of
from ingress.acl.walk import records, rewritten
from ingress.model.condition import Call, Criterion
from ingress.model.patterns import FileUse
from ingress.model.policy import Policy

Resolve = Callable[[str], str]
"""The full name of a file."""


def name_files(policy: Policy, resolve: Resolve) -> Policy:
    """The policy with the full names of its files, which `resolve` gives, and the list of them."""
    named: Policy = rewritten(policy, lambda record: _named(record, resolve))
    return replace(named, files=tuple(dict.fromkeys(_uses(named))))


def _named(record: Any, resolve: Resolve) -> Any:
    if isinstance(record, Call) and use_of(record) is not None:
        return Call(record.name, (resolve(record.args[0]), *record.args[1:]))
    if isinstance(record, Criterion) and record.files:
        return replace(record, files=tuple(map(resolve, record.files)))
    return record


def _uses(policy: Policy) -> Iterator[FileUse]:
    for record in records(policy):
        if isinstance(record, Call):
            use = use_of(record)
            yield from () if use is None else (use,)
        elif isinstance(record, Criterion):
            for file in record.files:
                yield FileUse(file, record.match, record.ignore_case, record.keyed)

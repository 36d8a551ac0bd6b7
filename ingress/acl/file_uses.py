"""The files and userlists that rules look into: named in full, and listed with how they are used."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from ingress.acl.lists import BODY, PAGE
from ingress.acl.map_converters import use_of
from ingress.acl.users import FETCHES_OF_USERS, use_of_users
from ingress.acl.walk import records, rewritten
from ingress.model.condition import Call, Criterion, Match
from ingress.model.patterns import FileUse
from ingress.model.policy import Policy, Return


class Names(NamedTuple):
    """What things are called in full; both raise ValueError for what is no such name."""

    file: Callable[[str], str]
    """Of a pattern file such as `configmap:NAME/KEY`."""
    users: Callable[[str], tuple[str, ...]]
    """Of a userlist; or, where it comes with the rules, its name and its text."""


def no_users(word: str) -> tuple[str, ...]:
    """Where there are no userlists."""
    raise ValueError(f'there is no userlist "{word}"')


def name_files(policy: Policy, names: Names) -> Policy:
    """The policy with the full names of its files, and the list of them."""
    named: Policy = rewritten(policy, lambda record: _named(record, names))
    return replace(named, files=tuple(dict.fromkeys(_uses(named))))


def page_use(page: Return) -> FileUse:
    """How an answer uses its file."""
    return FileUse(page.file, Match.STR, gives=PAGE if page.whole else BODY)


def _named(record: Any, names: Names) -> Any:
    if isinstance(record, Call):
        return _named_call(record, names)
    if isinstance(record, Criterion) and record.files:
        return replace(record, files=tuple(map(names.file, record.files)))
    if isinstance(record, Return) and record.file:
        return replace(record, file=names.file(record.file))
    return record


def _named_call(call: Call, names: Names) -> Call:
    if call.name in FETCHES_OF_USERS:
        if len(call.args) != 1:
            raise ValueError(f"{call.name}: the name of one userlist is expected")
        return Call(call.name, names.users(call.args[0]))
    return call if use_of(call) is None else Call(call.name, (names.file(call.args[0]), *call.args[1:]))


def _uses(policy: Policy) -> Iterator[FileUse]:
    for record in records(policy):
        if isinstance(record, Call):
            use = use_of(record) or use_of_users(record)
            yield from () if use is None else (use,)
        elif isinstance(record, Return) and record.file:
            yield page_use(record)
        elif isinstance(record, Criterion):
            for file in record.files:
                yield FileUse(file, record.match, record.ignore_case, record.keyed)

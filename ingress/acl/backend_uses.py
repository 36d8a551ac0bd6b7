"""The backends that rules ask, or ask about: named in full, and listed."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from ingress.acl.of_backend import OF_BACKEND, OF_SERVER, split_server
from ingress.acl.walk import records, rewritten
from ingress.model.admission import Authorize
from ingress.model.condition import Call
from ingress.model.policy import Policy

Resolve = Callable[[str], str]
"""The name of a backend as it is written there; ValueError if there is none of that form, or if it is not
for the object that asks."""


def name_backends(policy: Policy, resolve: Resolve) -> Policy:
    """The policy with the full names of the backends that its rules ask about, and the list of them."""
    named: Policy = rewritten(policy, lambda record: _named(record, resolve))
    return replace(named, asked=tuple(dict.fromkeys(_names(named))))


def _named(record: Any, resolve: Resolve) -> Any:
    if not isinstance(record, Call) or not record.args or not record.args[0]:
        return record
    if record.name in OF_BACKEND:
        return Call(record.name, (resolve(record.args[0]),))
    if record.name in OF_SERVER:
        backend, server = split_server(record.args[0])
        return Call(record.name, (f"{resolve(backend)}/{server}",)) if backend else record
    return record


def _names(policy: Policy) -> Iterator[str]:
    for record in records(policy):
        if isinstance(record, Authorize) and record.backend:
            yield record.backend
        if isinstance(record, Call) and record.args and record.args[0]:
            if record.name in OF_BACKEND:
                yield record.args[0]
            elif record.name in OF_SERVER and (backend := split_server(record.args[0])[0]):
                yield backend

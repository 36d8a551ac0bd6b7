"""The fields of requests that rules ask for."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ingress.acl.fetches import FETCHES
from ingress.model.condition import Call, Condition
from ingress.model.policy import Policy


def fields_asked(rules: Policy | Condition | None) -> frozenset[bytes]:
    """Their lower-case names."""
    return frozenset(_asked(rules))


def _asked(node: Any) -> Iterator[bytes]:
    if isinstance(node, tuple):
        for each in node:
            yield from _asked(each)
    elif isinstance(node, Call):
        yield from _of_fetch(node)
    elif isinstance(node, Struct):
        for field in node.__struct_fields__:
            yield from _asked(getattr(node, field))


def _of_fetch(call: Call) -> Iterator[bytes]:
    fetch = FETCHES.get(call.name)
    if fetch is not None and fetch.name.startswith("http_auth"):
        yield b"authorization"
    if fetch is None or fetch.of_answer or not call.args:
        return
    if fetch.name.startswith("cook"):
        yield b"cookie"
    elif "hdr" in fetch.name and call.args[0].lower() != "host":
        yield call.args[0].lower().encode()

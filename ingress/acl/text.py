"""Texts with samples in them as one call, ready to run."""

import re
from collections.abc import Callable
from typing import Any, Final

from ingress.acl.chain import run_steps, steps_of
from ingress.acl.expression import type_of
from ingress.acl.fetches import FETCHES
from ingress.acl.sample import Client, Request, Type, Variable
from ingress.model.condition import Expression, Text

LONGEST: Final = 8 * 1024
"""Bytes of one text that is made; what is beyond is cut."""

Make = Callable[[Request, Client], bytes]
Take = Callable[[Request, Client], Any]

_CONTROLS: Final = bytes(set(range(0x20)) - {0x09}) + b"\x7f"
_CONTROL: Final = re.compile(b"[" + re.escape(_CONTROLS) + b"]")


def compile_text(text: Text) -> Make:
    """The text for a request. What is no character in a sample is written as `%XX`, so that no sample
    can end a line. A sample that is not there is empty."""
    if all(isinstance(part, str) for part in text):
        constant = "".join(map(str, text)).encode()
        return lambda request, client: constant
    takes = [_constant(part) if isinstance(part, str) else _visible(part) for part in text]
    if len(takes) == 1:
        return takes[0]
    return lambda request, client: b"".join([take(request, client) for take in takes])[:LONGEST]


def compile_variable(expression: Expression) -> Callable[[Request, Client], Variable | None]:
    """A sample with its type, as a variable keeps it."""
    take, given = _compile(expression)

    def content(request: Request, client: Client) -> Variable | None:
        sample = take(request, client)
        if sample is None or given is Type.ANY:
            return sample  # type: ignore[no-any-return]
        return given, sample

    return content


def compile_sample(expression: Expression, wanted: Type) -> Take:
    """The one sample that a text shows of an expression, as that type; None: there is none."""
    return _compile(expression, wanted)[0]


def _compile(expression: Expression, wanted: Type | None = None) -> tuple[Take, Type]:
    fetch = FETCHES[expression.fetch.name]
    args = expression.fetch.args
    take = fetch.make((*args, "-1") if fetch.counts and len(args) == 1 else args)
    one = _one_of(take, 0 if fetch.first else -1) if fetch.many else take
    steps = steps_of(fetch.gives, expression.converters, wanted)
    if not steps:
        return one, fetch.gives
    run = run_steps(steps)

    def converted(request: Request, client: Client) -> Any:
        sample = one(request, client)
        return None if sample is None else run(sample, request, client)

    return converted, type_of(expression)


def _one_of(take: Take, index: int) -> Take:
    def one(request: Request, client: Client) -> Any:
        samples = take(request, client)
        return samples[index] if samples else None

    return one


def _constant(part: str) -> Make:
    text = part.encode()
    return lambda request, client: text


def _visible(expression: Expression) -> Make:
    take = compile_sample(expression, Type.STR)

    def text(request: Request, client: Client) -> bytes:
        sample: bytes | None = take(request, client)
        if not sample:
            return b""
        if sample.translate(None, _CONTROLS) != sample:
            # As elsewhere, a NUL ends the text.
            sample = _CONTROL.sub(lambda found: b"%%%02X" % found[0][0], sample.partition(b"\0")[0])
        return sample[:LONGEST]

    return text

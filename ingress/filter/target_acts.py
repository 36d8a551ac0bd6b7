"""The request line and variables: set and replaced."""

import re
from typing import Final

from ingress.acl.sample import Client, Type
from ingress.acl.text import compile_text, compile_variable
from ingress.filter.act import Act, Request
from ingress.filter.field_acts import replacer
from ingress.model.policy import (
    ReplaceTarget,
    SetMethod,
    SetTarget,
    SetVariable,
    SetVariableText,
    TargetPart,
    UnsetVariable,
)

_ABSOLUTE: Final = re.compile(
    rb"https?://([A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?)(.*)"
)


def set_target(action: SetTarget) -> Act:
    """Put a text in place of a part of the target."""
    make, part = compile_text(action.value), action.part

    def act(request: Request, client: Client) -> None:
        _put(request, part, make(request, client))

    return act


def replace_target(action: ReplaceTarget) -> Act:
    """Put a text in place of a part of the target in which the expression is found."""
    replace, part = replacer(action.pattern, compile_text(action.value)), action.part

    def act(request: Request, client: Client) -> None:
        value = _part_of(request, part)
        made = None if value is None else replace(value, request, client)
        if made is not None:
            _put(request, part, made)

    return act


def _part_of(request: Request, part: TargetPart) -> bytes | None:
    if part is TargetPart.URI:
        return request.url
    path = request.path
    if not path.startswith(b"/"):
        return None
    return path if part is TargetPart.PATH else path + _query(request)


def _query(request: Request) -> bytes:
    return b"" if request.query is None else b"?" + request.query


def _put(request: Request, part: TargetPart, value: bytes) -> None:
    if part is TargetPart.PATH:
        request.set_target(value + _query(request))
    elif part is TargetPart.PATH_AND_QUERY:
        request.set_target(value)
    elif part is TargetPart.URI:
        _put_uri(request, value)
    elif request.path.startswith(b"/") and (value or request.query is not None):
        request.set_target(request.path + b"?" + value)


def _put_uri(request: Request, value: bytes) -> None:
    absolute = _ABSOLUTE.fullmatch(value)
    if absolute is None:
        request.set_target(value)
        return
    request.edit(b"Host", [absolute[1]])
    request.set_target(absolute[2] or b"/")


def set_method(action: SetMethod) -> Act:
    """Ask with another method."""
    make = compile_text(action.value)
    return lambda request, client: request.set_method(make(request, client))


def set_variable(action: SetVariable) -> Act:
    """Keep a sample, if there is one."""
    name, take = action.name, compile_variable(action.value)

    def act(request: Request, client: Client) -> None:
        content = take(request, client)
        if content is not None:
            request.set_variable(name, content)

    return act


def set_variable_text(action: SetVariableText) -> Act:
    """Keep a text."""
    name, make = action.name, compile_text(action.value)
    return lambda request, client: request.set_variable(name, (Type.STR, make(request, client)))


def unset_variable(action: UnsetVariable) -> Act:
    """Keep it no longer."""
    name = action.name
    return lambda request, client: request.set_variable(name, None)

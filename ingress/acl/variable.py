"""Variables: what rules have set for a request, by scope and name."""

import re
from typing import Final

from ingress.acl.sample import Request, Type, cast_variable

_NAME: Final = re.compile(r"(?:txn|req|res)\.[A-Za-z0-9_.-]{1,64}")

_as_text: Final = cast_variable(Type.STR)


def read_variable(text: str) -> str:
    """The name of a variable with its scope: `txn.team`. Raises ValueError."""
    if _NAME.fullmatch(text):
        return text
    if text.startswith(("proc.", "sess.")):
        raise ValueError(f'"{text[:60]}": scopes are txn, req and res; others are not supported here')
    raise ValueError(f'"{text[:60]}" is no variable: a scope (txn, req, res), a dot and a name are expected')


def text_of(request: Request, name: str) -> bytes | None:
    """The content of a variable as a text."""
    content = request.variables.get(name)
    if content is None:
        return None
    text = _as_text(content)
    return text if isinstance(text, bytes) else None

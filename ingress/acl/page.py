"""Whole answers in files, as HAProxy's errorfiles have them: status line, headers, body."""

import re
from typing import Final, NamedTuple

from ingress.acl.framing import FRAMING

_STATUS: Final = re.compile(r"HTTP/[0-9.]+ ([2-5][0-9][0-9])(?: ([ -~]{0,100}))?")
_FIELD: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\U0010ffff]*?)[ \t]*")
_OURS: Final = frozenset((*FRAMING, "content-length", "date", "x-headgate-reason"))
_BODYLESS: Final = (204, 205, 304)


class Page(NamedTuple):
    """An answer as it is written."""

    status: int
    phrase: bytes
    headers: bytes
    """Ready lines, without those that the proxy says itself."""
    body: bytes


def read_page(text: str) -> Page:
    """The answer that a text is; raises ValueError. Lines may end with LF alone."""
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    found = _STATUS.fullmatch(first)
    if found is None:
        raise ValueError('line 1: a status line is expected, such as "HTTP/1.0 503 Service Unavailable"')
    status = int(found[1])
    if body and status in _BODYLESS:
        raise ValueError(f"line 1: an answer with status {status} has no body")
    fields = [_field(line, number) for number, line in enumerate(lines, start=2)]
    headers = "".join(f"{name}: {value}\r\n" for name, value in fields if name.lower() not in _OURS)
    return Page(status, (found[2] or "").encode(), headers.encode(), body.encode())


def _field(line: str, number: int) -> tuple[str, str]:
    found = _FIELD.fullmatch(line)
    if found is None:
        raise ValueError(f"line {number}: this is no header; an empty line comes before the body")
    return found[1], found[2]

"""Fetches from the body of a request: what is there of it, when all of it or enough has come."""

from typing import Any, Final

from ingress.acl.fetch import Args, Fetch, Take, plain
from ingress.acl.query import parameters
from ingress.acl.sample import Client, Request, Type
from ingress.acl.wait import BODY, BODY_SIZE, Body, Wait

MOST: Final = 64 * 1024
"""Bytes of a body that rules see."""


def body_of(request: Request) -> bytes:
    """The body as far as it is known, once it is."""
    if request.body == 0:
        return b""
    known = request.variables.get(BODY)
    if known is None:
        raise Wait(Body())
    return known[1]  # type: ignore[return-value]


def _body(request: Request, client: Client) -> bytes:
    return body_of(request)


def _length(request: Request, client: Client) -> int:
    return len(body_of(request))


def _size(request: Request, client: Client) -> Any:
    if request.body >= 0:
        return request.body
    body_of(request)
    return request.variables[BODY_SIZE][1]


def _parameter(args: Args) -> Take:
    if len(args) != 1 or not args[0]:
        raise ValueError("the name of a parameter is expected, as in req.body_param(user)")
    find = parameters(args[0].encode(), b"&")
    return lambda request, client: find(body_of(request))


ROWS: Final = (
    Fetch(
        "req.body",
        "req.body",
        Type.BIN,
        plain(_body),
        f"The body, without the framing of chunks; of a longer one the first {MOST // 1024} KiB.",
        "req.body -m sub DROP",
        waits=True,
    ),
    Fetch(
        "req.body_len",
        "req.body_len",
        Type.INT,
        plain(_length),
        "How many bytes of it are there.",
        "req.body_len 0",
        waits=True,
    ),
    Fetch(
        "req.body_size",
        "req.body_size",
        Type.INT,
        plain(_size),
        "How long the body is as a whole, as far as it says so.",
        "req.body_size gt 1000000",
        waits=True,
    ),
    Fetch(
        "req.body_param",
        "req.body_param(NAME)",
        Type.STR,
        _parameter,
        "The value of each parameter of that name in the body of a form, not decoded.",
        "req.body_param(action) delete",
        many=True,
        first=True,
        waits=True,
    ),
)

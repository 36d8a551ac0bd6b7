"""Fetches from header fields and cookies."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from ingress.acl.fetch import Args
from ingress.acl.field import cookies, parts, set_cookies
from ingress.acl.network import header_address
from ingress.acl.number import header_number
from ingress.acl.sample import Client, Many, One, Request, Sample, Texts

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OCCURRENCES: Final = 10


def _header_name(args: Args, most: int) -> bytes:
    if not args or not args[0]:
        raise ValueError("the name of a header is missing, as in hdr(host)")
    if len(args) > most:
        raise ValueError(f"at most {most} argument{'s' if most > 1 else ''} expected")
    if not _TOKEN.fullmatch(args[0]):
        raise ValueError(f'"{args[0][:60]}" is not the name of a header')
    return args[0].lower().encode()


def _occurrence(args: Args) -> int:
    """Which occurrence is asked for: counted from 1, negative from the end; 0 for all."""
    if len(args) < 2:
        return 0
    if not re.fullmatch(r"[+-]?[0-9]{1,4}", args[1]) or int(args[1]) < -_OCCURRENCES:
        raise ValueError(f'"{args[1][:40]}" is no occurrence: a number from {-_OCCURRENCES} on is expected')
    return int(args[1])


def _values(name: bytes) -> Callable[[Request], Sequence[bytes]]:
    return hosts if name == b"host" else lambda request: request.values(name)


def hosts(request: Request) -> Sequence[bytes]:
    """The host that is asked for, as a list of one, or of none."""
    # RFC 9112, 3.2.2: the host of an absolute-form target is the one that counts, not the field.
    if request.authority and (request.edits is None or not request.target.startswith((b"/", b"*"))):
        return (request.authority,)
    return request.values(b"host")


def _picked(take: Texts, occurrence: int) -> Texts:
    """The fetch that gives all samples, or only the one of that number."""
    if occurrence == 0:
        return take
    index = occurrence - 1 if occurrence > 0 else occurrence

    def pick(request: Request, client: Client) -> Sequence[bytes]:
        found = take(request, client)
        return (found[index],) if -len(found) <= index < len(found) else ()

    return pick


def header_parts(args: Args) -> Many:
    values = _values(_header_name(args, 2))
    return _picked(lambda request, client: parts(values(request)), _occurrence(args))


def header_lines(args: Args) -> Many:
    values = _values(_header_name(args, 2))
    return _picked(lambda request, client: values(request), _occurrence(args))


def header_part_count(args: Args) -> One:
    values = _values(_header_name(args, 1))
    return lambda request, client: len(parts(values(request)))


def header_line_count(args: Args) -> One:
    name = _header_name(args, 1)
    if name != b"host":
        return lambda request, client: len(request.values(name))
    values = _values(name)
    return lambda request, client: len(values(request))


def header_numbers(args: Args) -> Many:
    values = _values(_header_name(args, 2))
    numbers = _picked(lambda request, client: parts(values(request)), _occurrence(args))
    return lambda request, client: [header_number(part) for part in numbers(request, client)]


def header_addresses(args: Args) -> Many:
    values = _values(_header_name(args, 2))
    taken = _picked(lambda request, client: parts(values(request)), _occurrence(args))

    def take(request: Request, client: Client) -> Sequence[Sample]:
        found = (header_address(part) for part in taken(request, client))
        return [address for address in found if address is not None]

    return take


def answer_parts(args: Args) -> Many:
    name = _header_name(args, 2)
    return _picked(lambda request, client: parts(request.response.values(name)), _occurrence(args))


def answer_lines(args: Args) -> Many:
    name = _header_name(args, 2)
    return _picked(lambda request, client: request.response.values(name), _occurrence(args))


def answer_part_count(args: Args) -> One:
    name = _header_name(args, 1)
    return lambda request, client: len(parts(request.response.values(name)))


def answer_numbers(args: Args) -> Many:
    taken = answer_parts(args)
    return lambda request, client: [header_number(part) for part in taken(request, client)]  # type: ignore[arg-type]


def answer_addresses(args: Args) -> Many:
    taken = answer_parts(args)

    def take(request: Request, client: Client) -> Sequence[Sample]:
        found = (header_address(part) for part in taken(request, client))  # type: ignore[arg-type]
        return [address for address in found if address is not None]

    return take


def answer_cookies(args: Args) -> Many:
    name = _cookie_name(args)
    return lambda request, client: set_cookies(request.response.values(b"set-cookie"), name)


def answer_cookie_count(args: Args) -> One:
    name = _cookie_name(args)
    return lambda request, client: len(set_cookies(request.response.values(b"set-cookie"), name))


def answer_cookie_numbers(args: Args) -> Many:
    taken = answer_cookies(args)
    return lambda request, client: [header_number(value) for value in taken(request, client)]  # type: ignore[arg-type]


def _cookie_name(args: Args) -> bytes:
    if len(args) != 1 or not args[0]:
        raise ValueError("the name of one cookie is expected, as in cook(session)")
    return args[0].encode()


def cookie_values(args: Args) -> Many:
    name = _cookie_name(args)
    return lambda request, client: cookies(request.values(b"cookie"), name)


def cookie_count(args: Args) -> One:
    name = _cookie_name(args)
    return lambda request, client: len(cookies(request.values(b"cookie"), name))


def cookie_numbers(args: Args) -> Many:
    name = _cookie_name(args)
    return lambda request, client: [
        header_number(value) for value in cookies(request.values(b"cookie"), name)
    ]

"""The cookie that names the server of a client: what it says in a request, and what an answer says of it.

Sources: HAProxy configuration manual, `cookie`; RFC 6265, 4.1 and 4.2.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from typing import Final

from ingress.acl.field import cookies, unquoted
from ingress.filter.act import Request, Response
from ingress.model.persistence import Cookie, CookieMode

COOKIE: Final = b"cookie"
SET_COOKIE: Final = b"set-cookie"
TILDE: Final = b"~"
_PRIVATE: Final = (b"private", b"no-store", b"no-cache")

Change = Callable[[bytes], bytes | None]
"""From the value of a cookie to the one in its place; None: the cookie is left out."""


class StickyCookie:
    """The cookie of one backend at work."""

    __slots__ = ("_cookie", "_end", "_key", "_name")

    def __init__(self, cookie: Cookie, key: str) -> None:
        """`key` is a secret."""
        self._cookie = cookie
        self._name = cookie.name.encode()
        self._key = blake2b(key.encode()).digest()
        self._end = "".join(f"; {attribute}" for attribute in _attributes(cookie)).encode()

    def value_of(self, address: str) -> bytes:
        """What the cookie says for the server at this address: the same in all replicas and at all times,
        and without the key it tells nothing about the address."""
        return blake2b(address.encode(), digest_size=8, key=self._key).hexdigest().encode()

    def read(self, request: Request) -> Sequence[bytes]:
        """What a request says of its server, in order. What servers are not to see is cut out of it."""
        values = request.values(COOKIE)
        if not any(self._name in value for value in values):
            return ()
        found = cookies(values, self._name)
        if self._cookie.mode is CookieMode.PREFIX:
            request.edit(b"Cookie", list(edited(values, self._name, _without_prefix)))
            return [value.partition(TILDE)[0] for value in found]
        if self._cookie.indirect:
            request.edit(b"Cookie", list(edited(values, self._name, lambda _: None)))
        return found

    def write(self, named: bytes, address: str, request: Request, response: Response) -> None:
        """Name the server at this address in its answer, where the request has named another one or none."""
        value = self.value_of(address)
        if self._cookie.mode is CookieMode.INSERT:
            self._insert(value, value == named, request, response)
        elif self._cookie.mode is CookieMode.REWRITE:
            self._change(response, lambda _: value)
        else:
            self._change(response, lambda own: value + TILDE + own)

    def _insert(self, value: bytes, known: bool, request: Request, response: Response) -> None:
        set_by_server = [line for line in response.values(SET_COOKIE) if _name_of(line) == self._name]
        if set_by_server and self._cookie.preserve:
            return
        others = [line for line in response.values(SET_COOKIE) if line not in set_by_server]
        wanted = not known and not (self._cookie.postonly and request.method != b"POST")
        if wanted:
            others.append(b"%b=%b; path=/%b" % (self._name, value, self._end))
        if wanted or set_by_server:
            response.edit(b"Set-Cookie", others)
        if wanted and self._cookie.nocache:
            _forbid_caches(response)

    def _change(self, response: Response, change: Change) -> None:
        """Change the value of the cookie that the server sets, if it does."""
        lines = response.values(SET_COOKIE)
        if any(_name_of(line) == self._name for line in lines):
            response.edit(b"Set-Cookie", [_changed(line, self._name, change) for line in lines])
            if self._cookie.nocache:
                _forbid_caches(response)


def edited(values: Sequence[bytes], name: bytes, change: Change) -> Iterator[bytes]:
    """The values of Cookie fields with the cookies of one name changed; no field stays without any."""
    for value in values:
        kept = [pair for pair in _pairs(value, name, change) if pair.strip()]
        if kept:
            yield b";".join(kept).strip()


def _pairs(value: bytes, name: bytes, change: Change) -> Iterator[bytes]:
    start = 0
    while start <= len(value):
        end = unquoted(value, start, b";")
        pair = value[start:end]
        key, equal, rest = pair.partition(b"=")
        if equal and key.strip() == name:
            made = change(rest.strip())
            if made is not None:
                yield key + b"=" + made
        else:
            yield pair
        start = end + 1


def _changed(line: bytes, name: bytes, change: Change) -> bytes:
    if _name_of(line) != name:
        return line
    key, _, rest = line.partition(b"=")
    end = unquoted(rest, 0, b";")
    return b"%b=%b%b" % (key, change(rest[:end].strip()) or b"", rest[end:])


def _without_prefix(value: bytes) -> bytes:
    return value.partition(TILDE)[2] if TILDE in value else value


def _name_of(line: bytes) -> bytes:
    return line.partition(b"=")[0].strip()


def _forbid_caches(response: Response) -> None:
    """Keep shared caches from giving the cookie of one client to others."""
    said = response.values(b"cache-control")
    if not any(word in value.lower() for value in said for word in _PRIVATE):
        response.edit(b"Cache-Control", [*said, b"private"])


def _attributes(cookie: Cookie) -> Iterator[str]:
    yield from (f"domain={domain}" for domain in cookie.domains)
    if cookie.httponly:
        yield "HttpOnly"
    if cookie.secure:
        yield "Secure"
    yield from cookie.attributes

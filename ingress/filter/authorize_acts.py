"""Requests that pass only if somebody else lets them, who is asked for each."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ingress.acl.framing import FRAMING
from ingress.acl.pattern import compile_regex
from ingress.acl.sample import Client
from ingress.acl.value import OURS
from ingress.acl.wait import Ask, Wait
from ingress.filter.act import Act, Request
from ingress.filter.reply import Reply
from ingress.filter.verdict import Verdict
from ingress.model.admission import Authorize
from ingress.model.policy import Rule

_COOKIE: Final = b"Set-Cookie"
_KEPT: Final = frozenset(map(str.encode, ("host", *FRAMING, *OURS)))
"""Fields that no verdict changes, whatever is asked."""


def told_of(request: Request, action: Authorize) -> str:
    """What has been said of a request, in words."""
    verdict = _verdict(request, Ask(action).name)
    return "" if verdict is None else verdict.told


def _verdict(request: Request, name: str) -> Verdict | None:
    known: Any = request.variables.get(name)
    return None if known is None else known[1]


def authorize(action: Authorize) -> Act:
    """Wait for the verdict; then let the request pass, with what came with that, or give that answer."""
    need = Ask(action)
    key, copy = need.name, _Copy(action)

    def act(request: Request, client: Client) -> Reply | None:
        verdict = _verdict(request, key)
        if verdict is None:
            raise Wait(need)
        if verdict.reply is None:
            copy.give(request, verdict)
        return verdict.reply

    return act


class _Copy:
    """Which fields of a verdict a server gets, in place of those of the client."""

    def __init__(self, action: Authorize) -> None:
        self._names = frozenset(name.lower().encode() for name in action.copied) - _KEPT
        self._dashed = frozenset(map(_dashed, self._names))
        self._search = compile_regex(action.copied_like).search if action.copied_like else None

    def give(self, request: Request, verdict: Verdict) -> None:
        """Give them. What the client says under their names is a forgery; and so it is with underscores,
        which some servers take for dashes."""
        for name in request.names():
            if _dashed(name) in self._dashed or self._is_like(name) or self._is_like(_dashed(name)):
                request.edit(name, [])
        # Those that the verdict does not have too, lest they come as trailers.
        for name in self._names:
            request.edit(name, [])
        for name, _ in verdict.fields:
            lower = name.lower()
            if lower in self._names or self._is_like(lower):
                request.edit(name, verdict.values(lower))

    def _is_like(self, name: bytes) -> bool:
        if self._search is None or name in _KEPT:
            return False
        # As expressions see names: `X-Auth-User`.
        return self._search(b"-".join(map(bytes.capitalize, name.split(b"-")))) is not None


def _dashed(name: bytes) -> bytes:
    return name.replace(b"_", b"-")


def cookies_of(rules: Iterable[Rule]) -> Iterator[Act]:
    """What is done with answers for the sake of cookies that come with a verdict."""
    for rule in rules:
        if isinstance(rule.action, Authorize) and rule.action.cookies:
            yield _set_cookies(rule.action)


def _set_cookies(action: Authorize) -> Act:
    """Set the cookies of the verdict too; one of the server under the same name gives way."""
    wanted, key = frozenset(name.encode() for name in action.cookies), Ask(action).name

    def act(request: Request, client: Client) -> None:
        verdict = _verdict(request, key)
        if verdict is None or verdict.reply is not None:
            return
        new = [value for value in verdict.values(b"set-cookie") if b"*" in wanted or _name(value) in wanted]
        if new:
            names = frozenset(map(_name, new))
            response: Any = request.response
            before = [value for value in response.values(b"set-cookie") if _name(value) not in names]
            response.edit(_COOKIE, before + new)

    return act


def _name(cookie: bytes) -> bytes:
    return cookie.partition(b"=")[0].strip()

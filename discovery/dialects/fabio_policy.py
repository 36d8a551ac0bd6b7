"""What a fabio route does with requests, as rules."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from discovery.dialects.fabio import Place, Wanted
from discovery.dialects.networks import Network, outside
from discovery.dialects.terms import (
    BARE_HOST,
    HOST,
    PATH,
    QUERY,
    SCHEME,
    SOURCE,
    all_of,
    negated,
    term,
    text,
    unless,
)
from ingress.model.condition import Call, Condition, Expression, Match, Term
from ingress.model.policy import (
    Deny,
    Policy,
    Redirect,
    RedirectTo,
    ReplaceTarget,
    Rule,
    SetHeader,
    SetTarget,
    TargetPart,
)

_FORWARDED_FOR: Final = Expression(Call("hdr_ip", ("x-forwarded-for",)))


def make_policy(wanted: Wanted) -> Policy:
    """The rules of a route, in the order in which fabio does it."""
    return Policy((*_access(wanted), *_redirects(wanted), *_changes(wanted)))


def make_condition(wanted: Wanted, place: Place) -> Condition | None:
    """What else a request has to meet: a redirect to where it is already passes it over."""
    if wanted.redirect is None:
        return None
    scheme, host, path, _ = _parts(wanted.redirect.url)
    rest: list[Term] = []
    if host not in {"$host", place.host}:
        rest.append(term(BARE_HOST, Match.STR, host.partition(":")[0].lower()))
    if "$path" not in path:
        rest.append(term(PATH, Match.STR, path))
    elif path != "$path" or wanted.strip or wanted.prepend:
        return None
    return unless(all_of(term(SCHEME, Match.STR, scheme), *rest))


def _access(wanted: Wanted) -> Iterator[Rule]:
    """The peer, and each address that it says it comes from, has to pass."""
    if wanted.allow:
        yield Rule(Deny(), all_of(negated(term(SOURCE, Match.IP, *_written(wanted.allow)))))
        if others := _written(outside(wanted.allow)):
            yield Rule(Deny(), all_of(term(_FORWARDED_FOR, Match.IP, *others)))
    if wanted.deny:
        networks = _written(wanted.deny)
        yield Rule(Deny(), all_of(term(SOURCE, Match.IP, *networks)))
        yield Rule(Deny(), all_of(term(_FORWARDED_FOR, Match.IP, *networks)))


def _written(networks: Iterable[Network]) -> list[str]:
    return [str(network) for network in networks]


def _redirects(wanted: Wanted) -> Iterator[Rule]:
    if wanted.redirect is None:
        return
    scheme, host, path, query = _parts(wanted.redirect.url)
    before, has_path, after = path.partition("$path")
    first, has_host, last = host.partition("$host")
    address: list[str | Expression] = [f"{scheme}://", first, *([HOST] if has_host else []), last, before]
    address += [_path_of(wanted, rooted=not before)] if has_path else []
    kind, code = RedirectTo.LOCATION, wanted.redirect.code
    if has_path and not query:
        to = text(*address, after, "?", QUERY)
        yield Rule(Redirect(kind, to, code), all_of(term(QUERY, Match.LEN, "1:")))
    yield Rule(Redirect(kind, text(*address, after, query), code))


def _parts(url: str) -> tuple[str, str, str, str]:
    """Scheme, host, path and query (with its mark) of the address of a redirect."""
    scheme, _, rest = url.partition("://")
    rest, mark, query = rest.partition("?")
    host, slash, path = rest.partition("/")
    path = slash + path
    if host.endswith("$path"):
        host, path = host.removesuffix("$path"), "$path"
    return scheme, host, path.replace("/$path", "$path", 1) or "/", mark + query


def _path_of(wanted: Wanted, *, rooted: bool) -> Expression:
    """The path of the request without and with what is stripped and prepended. `rooted`: it begins with a
    slash in any case, as it follows the host."""
    converters = []
    if wanted.strip and wanted.strip != "/":
        mark, slash = ("/?", "/") if rooted and not wanted.prepend else ("", "")
        converters.append(Call("regsub", (f"^{re.escape(wanted.strip)}{mark}", slash)))
    if wanted.prepend:
        converters.append(Call("regsub", ("^", wanted.prepend.replace("\\", "\\\\"))))
    return Expression(PATH.fetch, tuple(converters))


def _changes(wanted: Wanted) -> Iterator[Rule]:
    if wanted.host:
        yield Rule(SetHeader("Host", (wanted.host,)))
    if wanted.strip:
        yield Rule(SetHeader("X-Forwarded-Prefix", (wanted.strip,)))
    if wanted.strip and wanted.strip != "/":
        yield Rule(ReplaceTarget(TargetPart.PATH, f"^{re.escape(wanted.strip)}/?(.*)", ("/\\1",)))
    if wanted.prepend:
        yield Rule(SetTarget(TargetPart.PATH, text(wanted.prepend, PATH)))

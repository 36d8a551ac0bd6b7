"""Traefik's redirects: the address of a request, rewritten by an expression."""

from collections.abc import Iterator, Mapping
from typing import Final

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.golang import read_number, read_substitute, read_truth
from discovery.dialects.terms import HOST, PATH_AND_QUERY, SCHEME, all_of, negated, term, text
from discovery.dialects.traefik_effect import Effect, Reader, Said, checked_regex
from ingress.model.condition import Call, Expression, Match, Term
from ingress.model.policy import Redirect, RedirectTo, Rule, SetVariableText

_URL: Final = "req.traefik_url"
_ADDRESS: Final = Expression(Call("var", (_URL,)))
_WHOLE: Final = Rule(SetVariableText(_URL, text(SCHEME, "://", HOST, PATH_AND_QUERY)))
"""The address of a request, as its client or a trusted proxy knows it."""
_GET: Final = term(Expression(Call("method")), Match.METHOD, "GET")
_PARTS: Final = r"^https?://(\[[\w:.]+\]|[\w._-]+)?(:\d+)?(.*)$"
_DEFAULT_PORTS: Final = (
    Call("regsub", (r"^(http://[^/]*):80/", r"\1/")),
    Call("regsub", (r"^(https://[^/]*):443/", r"\1/")),
)
_CODES: Final = (301, 302, 303, 307, 308)


def scheme(said: Said) -> Effect:
    """`redirectscheme`: another scheme and port, unless the request has them."""
    target, port = said.text("scheme"), said.text("port")
    if target not in {"http", "https"}:
        raise ComplaintError("scheme is missing, or neither http nor https")
    if port and not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise ComplaintError(f'"{port[:20]}" is not a port')
    place = "" if port in {"", {"http": "80", "https": "443"}[target]} else f":{port}"
    rules = (
        _WHOLE,
        Rule(SetVariableText(_URL, (Expression(_ADDRESS.fetch, _DEFAULT_PORTS),))),
    )
    code = 308 if said.truth("forcepermanentredirect") else 0
    made = Call("regsub", (_PARTS, f"{target}://\\1{place}\\3"))
    return Effect((*rules, *_rewritten(made, said.truth("permanent"), code)))


def regex(said: Said) -> Effect:
    """`redirectregex`: the replacement for what the expression finds in the address."""
    pattern = checked_regex(said.text("regex"))
    code = said.number("statuscode", 0)
    if code not in {0, *_CODES}:
        raise ComplaintError(f"the code {code} is none of {', '.join(map(str, _CODES))}")
    made = Call("regsub", (pattern, read_substitute(said.text("replacement")), "g"))
    match = term(_ADDRESS, Match.REG, pattern)
    return Effect((_WHOLE, *_rewritten(made, said.truth("permanent"), code, match)))


def _rewritten(made: Call, permanent: bool, code: int, *terms: Term) -> Iterator[Rule]:
    """A redirect to what the address becomes, if that is not what it is. The code depends on the method."""
    new = Expression(_ADDRESS.fetch, (made,))
    same = Expression(_ADDRESS.fetch, (made, Call("strcmp", (_URL,))))
    differs = negated(term(same, Match.INT, "0"))
    codes = (code, code) if code else (301, 308) if permanent else (302, 307)
    if codes[0] == codes[1]:
        yield Rule(Redirect(RedirectTo.LOCATION, (new,), codes[0]), all_of(*terms, differs))
        return
    yield Rule(Redirect(RedirectTo.LOCATION, (new,), codes[0]), all_of(*terms, differs, _GET))
    yield Rule(Redirect(RedirectTo.LOCATION, (new,), codes[1]), all_of(*terms, differs))


_TEXT: Final[Reader] = str
SCHEME_OPTIONS: Final[Mapping[str, Reader]] = {
    "scheme": _TEXT,
    "port": _TEXT,
    "permanent": read_truth,
    "forcepermanentredirect": read_truth,
}
REGEX_OPTIONS: Final[Mapping[str, Reader]] = {
    "regex": _TEXT,
    "replacement": _TEXT,
    "permanent": read_truth,
    "statuscode": read_number,
}

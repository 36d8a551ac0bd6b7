"""The rules of Traefik's routers: what they are true for, as hosts, paths and conditions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from msgspec import Struct

from discovery.dialects.complaint import ComplaintError
from discovery.dialects.terms import BARE_HOST, PATH, QUERY, SOURCE, all_of, header, negated, term
from discovery.names import SpellingError, read_host, read_path
from ingress.model.condition import Call, Condition, Expression, Match, Term
from ingress.model.route import PathKind

MOST_ALTERNATIVES: Final = 100
_DEEPEST: Final = 30
_LONGEST: Final = 8000
_METHOD: Final = Expression(Call("method"))
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<and>&&)|(?P<or>\|\|)|(?P<mark>[!(),])|`(?P<raw>[^`]*)`|(?P<quoted>\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[A-Za-z]+))"
)


class Matcher(Struct, frozen=True):
    """One test, such as Host(`a`), or that it fails."""

    name: str
    args: tuple[str, ...]
    negated: bool = False


class Alternative(Struct, frozen=True):
    """One way in which a rule can be true: a host, a path, and what has to hold beside."""

    host: str = ""
    kind: PathKind = PathKind.PREFIX
    path: str = "/"
    terms: tuple[Term, ...] = ()

    def condition(self, *more: Term) -> Condition | None:
        """All that has to hold beside host and path."""
        terms = (*self.terms, *more)
        return all_of(*terms) if terms else None


def read_rule(rule: str) -> tuple[Alternative, ...]:
    """The ways in which a rule can be true. ComplaintError if it cannot be read."""
    return tuple(dict.fromkeys(map(_alternative, parse(rule))))


def parse(rule: str) -> list[tuple[Matcher, ...]]:
    """A rule as alternatives, each a row of matchers that must all hold."""
    if len(rule) > _LONGEST:
        raise ComplaintError(f"the rule is longer than {_LONGEST} characters")
    return _Parser(rule).parse()


class _Parser:
    """Where the reading of a rule has come to."""

    def __init__(self, rule: str) -> None:
        self._tokens = list(_tokens(rule))
        self._at = 0
        self._depth = 0

    def parse(self) -> list[tuple[Matcher, ...]]:
        rows = self._read_or(negated=False)
        if self._at < len(self._tokens):
            raise ComplaintError(f'"{self._tokens[self._at][1][:40]}" is not expected there')
        return rows

    def _read_or(self, *, negated: bool) -> list[tuple[Matcher, ...]]:
        parts = [self._read_and(negated=negated)]
        while self._take("or"):
            parts.append(self._read_and(negated=negated))
        return _conjoined(parts) if negated else _bounded([row for rows in parts for row in rows])

    def _read_and(self, *, negated: bool) -> list[tuple[Matcher, ...]]:
        parts = [self._read_one(negated=negated)]
        while self._take("and"):
            parts.append(self._read_one(negated=negated))
        return _bounded([row for rows in parts for row in rows]) if negated else _conjoined(parts)

    def _read_one(self, *, negated: bool) -> list[tuple[Matcher, ...]]:
        while self._take("mark", "!"):
            negated = not negated
        if self._take("mark", "("):
            self._depth += 1
            if self._depth > _DEEPEST:
                raise ComplaintError("too many parentheses in one another")
            rows = self._read_or(negated=negated)
            self._demand(")")
            self._depth -= 1
            return rows
        return [(self._read_matcher(negated=negated),)]

    def _read_matcher(self, *, negated: bool) -> Matcher:
        name = self._take("name")
        if not name:
            raise ComplaintError("a matcher such as Host(`www.example.com`) is expected")
        self._demand("(")
        args: list[str] = []
        while not self._take("mark", ")"):
            if args and not self._take("mark", ","):
                raise ComplaintError('")" is missing')
            if self._at >= len(self._tokens) or self._tokens[self._at][0] != "text":
                raise ComplaintError(f"{name}: a text in back quotes or double quotes is expected")
            args.append(self._tokens[self._at][1])
            self._at += 1
        return Matcher(name, tuple(args), negated)

    def _take(self, kind: str, mark: str = "") -> str:
        if self._at < len(self._tokens):
            found, text = self._tokens[self._at]
            if found == kind and mark in {"", text}:
                self._at += 1
                return text
        return ""

    def _demand(self, mark: str) -> None:
        if not self._take("mark", mark):
            raise ComplaintError(f'"{mark}" is missing')


def _tokens(rule: str) -> Iterator[tuple[str, str]]:
    at = 0
    end = len(rule.rstrip())
    while at < end:
        match = _TOKEN.match(rule, at)
        if match is None:
            raise ComplaintError(f'"{rule[at : at + 20].strip()}" cannot be read')
        kind = match.lastgroup or ""
        if kind in {"raw", "quoted"}:
            text = match[kind] if kind == "raw" else re.sub(r"\\(.)", r"\1", match[kind][1:-1])
            yield "text", text
        else:
            yield kind, match[kind]
        at = match.end()


def _conjoined(parts: Iterable[list[tuple[Matcher, ...]]]) -> list[tuple[Matcher, ...]]:
    made: list[tuple[Matcher, ...]] = [()]
    for rows in parts:
        made = _bounded([(*one, *other) for one, other in product(made, rows)])
    return made


def _bounded(rows: list[tuple[Matcher, ...]]) -> list[tuple[Matcher, ...]]:
    if len(rows) > MOST_ALTERNATIVES:
        raise ComplaintError(f"the rule comes to more than {MOST_ALTERNATIVES} alternatives")
    return rows


def _alternative(row: tuple[Matcher, ...]) -> Alternative:
    """The row with its first host and path as the place of a route, and the rest as conditions."""
    host, kind, path = "", PathKind.PREFIX, "/"
    terms: list[Term] = []
    for matcher in row:
        made = _READERS.get(matcher.name.lower())
        if made is None:
            raise ComplaintError(f"unknown matcher {matcher.name[:40]}; there are {', '.join(_NAMES)}")
        counts, read = made
        if len(matcher.args) not in counts:
            raise ComplaintError(f"{matcher.name} takes {' or '.join(map(_counted, counts))}")
        place = None if matcher.negated else _place(matcher)
        if isinstance(place, str) and not host:
            host = place
        elif isinstance(place, tuple) and path == "/":
            kind, path = place
        else:
            terms += _terms(matcher, read)
    return Alternative(host, kind, path, tuple(dict.fromkeys(terms)))


def _terms(matcher: Matcher, read: Callable[..., Term | None]) -> Iterator[Term]:
    try:
        made = read(*matcher.args)
    except ValueError as error:
        raise ComplaintError(f"{matcher.name}: {error}") from None
    if made is not None:
        yield negated(made) if matcher.negated else made
    elif matcher.negated:
        raise ComplaintError(f"{matcher.name}: it can never be true")


def _place(matcher: Matcher) -> str | tuple[PathKind, str] | None:
    """The place that a matcher is, where the table can look it up."""
    text, name = matcher.args[0], matcher.name.lower()
    try:
        if name == "host":
            return "" if text == "*" else read_host(text.removesuffix("."))
        if name == "path":
            return PathKind.EXACT, read_path(text, "Exact")[1]
        if name == "pathprefix":
            return (PathKind.PREFIX if text == "/" else PathKind.BEGINS), read_path(text, "Exact")[1]
    except SpellingError:
        return None
    return None


def _counted(count: int) -> str:
    return "one text" if count == 1 else "two texts"


def _host(text: str) -> Term | None:
    if text == "*":
        return None
    name = text.lower().removesuffix(".")
    if name.startswith("*.") and "*" not in name[1:]:
        # One label, and not an empty one.
        return term(BARE_HOST, Match.REG, rf"^[^.]+{re.escape(name[1:])}$")
    if "*" in name or not name.isascii() or not name:
        raise ValueError("a host name such as www.example.com or *.example.com is expected")
    return term(BARE_HOST, Match.STR, name)


def _path(text: str) -> Term:
    return term(PATH, Match.STR, _slashed(text))


def _path_prefix(text: str) -> Term | None:
    return None if text == "/" else term(PATH, Match.BEG, _slashed(text))


def _slashed(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("a path begins with a slash")
    return text


def _equal(sample: Expression, value: str) -> Term:
    return term(sample, Match.STR, value) if value else term(sample, Match.LEN, "0")


def _parameter(name: str) -> Expression:
    return Expression(Call("urlp", (name,)), (Call("url_dec", ("1",)),))


def _query(name: str, value: str = "") -> Term:
    if value:
        return term(_parameter(name), Match.STR, value)
    # Without a sign behind the name, its value is empty too.
    return term(QUERY, Match.REG, f"(^|&){re.escape(name)}=?(&|$)")


def _query_regexp(name: str, pattern: str | None = None) -> Term:
    return _query(name) if pattern is None else term(_parameter(name), Match.REG, pattern)


_READERS: Final[Mapping[str, tuple[tuple[int, ...], Callable[..., Term | None]]]] = {
    "host": ((1,), _host),
    "hostregexp": ((1,), lambda pattern: term(BARE_HOST, Match.REG, pattern)),
    "path": ((1,), _path),
    "pathprefix": ((1,), _path_prefix),
    "pathregexp": ((1,), lambda pattern: term(PATH, Match.REG, pattern)),
    "header": ((2,), lambda name, value: _equal(header(name), value)),
    "headerregexp": ((2,), lambda name, pattern: term(header(name), Match.REG, pattern)),
    "method": ((1,), lambda name: term(_METHOD, Match.METHOD, name.upper())),
    "query": ((1, 2), _query),
    "queryregexp": ((1, 2), _query_regexp),
    "clientip": ((1,), lambda network: term(SOURCE, Match.IP, network)),
}
_NAMES: Final = (
    *("Host", "HostRegexp", "Path", "PathPrefix", "PathRegexp", "Header", "HeaderRegexp", "Method"),
    *("Query", "QueryRegexp", "ClientIP"),
)

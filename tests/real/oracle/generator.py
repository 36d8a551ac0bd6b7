"""Rules and requests that hit each other's edges, from a seed."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.error import AclError
from ingress.acl.grammar import parse_acls
from ingress.acl.matches import DEFAULT_MATCH, MATCHES
from ingress.acl.sample import can_cast
from ingress.model.condition import Match
from ingress.model.settings import Limits
from ingress.wire.http1 import Refusal, Request, parse_request
from tests.real.oracle.pools import (
    COOKIES,
    EXPRESSIONS,
    HOSTS,
    METHODS,
    NAMES,
    NETWORKS,
    PATHS,
    PREDEFINED,
    QUERIES,
    RANGES,
    VALUES,
)


class Case(NamedTuple):
    """One request, as bytes and as ours."""

    head: bytes
    request: Request


class Generator:
    """Rules and requests that hit each other's edges; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.rows: Counter[str] = Counter()

    def cases(self, count: int, *, absolute: bool = True) -> list[Case]:
        """Requests that our parser takes; some with a target in absolute form, if that is wanted."""
        cases: list[Case] = []
        while len(cases) < count:
            head = self.head(absolute)
            with suppress(Refusal):
                cases.append(Case(head, parse_request(head, Limits())))
        return cases

    def head(self, absolute: bool) -> bytes:
        """The head of a request without a body."""
        pick = self.dice.choice
        host, method = pick(HOSTS), pick(METHODS)
        target = pick(PATHS) + pick(QUERIES)
        if method == "OPTIONS" and self.dice.random() < 0.5:
            target = "*"
        elif absolute and host and self.dice.random() < 0.1:
            target = f"http://{host}{target}"
        lines = [f"{method} {target} HTTP/1.{0 if self.dice.random() < 0.1 else 1}", f"Host: {host}"]
        lines += [f"{name}: {pick(VALUES)}" for name in ("X-A", "x-b", "X-a") if self.dice.random() < 0.5]
        lines += [f"Cookie: {pick(COOKIES)}" for _ in range(self.dice.choice((0, 1, 1, 2)))]
        return "\r\n".join((*lines, "Connection: keep-alive", "\r\n")).encode()

    def test(self) -> str:
        """One criterion with flags and values that our grammar takes."""
        while True:
            text = self._test()
            with suppress(AclError):
                parse_acls(f"a {text}")
                return text

    def _test(self) -> str:
        name = self.dice.choice(list(CRITERIA))
        row = CRITERIA[name]
        gives, match, word = row.fetch.gives, row.match, name + self._arguments(row.fetch.usage)
        if not row.suffix and self.dice.random() < 0.2:
            converter = CONVERTERS[self.dice.choice(list(CONVERTERS))]
            gives, match, word = converter.gives, DEFAULT_MATCH[converter.gives], f"{word},{converter.name}"
        flags = ["-i"] if self.dice.random() < 0.3 else []
        if self.dice.random() < 0.3:
            match = self.dice.choice([m for m in Match if m is not Match.METHOD])
            flags += ["-m", match]
            takes = MATCHES[match].takes
            if takes is not None and not can_cast(gives, takes):
                return "refused"
        self.rows.update((name, f"-m {match}"))
        return " ".join((word, *flags, *self._patterns(match)))

    def _arguments(self, usage: str) -> str:
        if "(" not in usage:
            return ""
        name = self.dice.choice(NAMES) if "hdr" in usage else self.dice.choice("abA")
        occurrence = (
            f",{self.dice.choice((1, 2, -1, -2))}" if "OCC" in usage and self.dice.random() < 0.3 else ""
        )
        return f"({name}{occurrence})"

    def _patterns(self, match: Match) -> Iterator[str]:
        if MATCHES[match].read is None:
            return
        if match not in (Match.INT, Match.LEN):
            yield "--"
        for _ in self._few():
            yield self._pattern(match)

    def _pattern(self, match: Match) -> str:
        if match in (Match.INT, Match.LEN):
            return self.dice.choice(RANGES)
        if match is Match.IP:
            return self.dice.choice(NETWORKS)
        if match is Match.METHOD:
            return self.dice.choice(("GET", "POST", "HEAD", "FOO", "foo", "OPTIONS", "PATCH", "Foo"))
        if match is Match.REG:
            return f"'{self.dice.choice(EXPRESSIONS)}'"
        return self.quoted(self._piece())

    def _piece(self) -> str:
        """A part of something a request may hold, so that it matches now and then."""
        whole = self.dice.choice(self.dice.choice((HOSTS, PATHS, QUERIES, VALUES, COOKIES, ("1.1", "GET"))))
        start = self.dice.choice((0, 0, self.dice.randint(0, len(whole))))
        end = self.dice.choice((len(whole), len(whole), self.dice.randint(0, len(whole))))
        return whole[start:end]

    def quoted(self, text: str) -> str:
        """The text as one word, quoted in one of three ways."""
        way = self.dice.randrange(3)
        if way == 0 and "'" not in text:
            return f"'{text}'"
        special = ' \\#"' + ("$" if way == 1 else "'")
        escaped = "".join(f"\\{c}" if c in special else c for c in text)
        return f'"{escaped}"' if way == 1 else escaped

    def condition(self, names: Sequence[str]) -> str:
        """`if` or `unless` with a formula over the names."""
        rows = [
            " ".join(self._term(names) for _ in range(self.dice.choice((1, 1, 2, 3))))
            for _ in range(self.dice.choice((1, 1, 2, 3)))
        ]
        joined = self.dice.choice((" or ", " || ", " OR ")).join(rows)
        return f"{self.dice.choice(('if', 'if', 'unless'))} {joined}"

    def _row(self, names: Sequence[str]) -> str:
        return " ".join(self._term(names) for _ in self._few())

    def _few(self) -> range:
        return range(self.dice.choice((1, 1, 2, 3)))

    def _term(self, names: Sequence[str]) -> str:
        bang = self.dice.choice(("", "", "!", "! ", "!!"))
        kind = self.dice.random()
        if kind < 0.2:
            return f"{bang}{{ {self.test()} }}"
        return bang + self.dice.choice(PREDEFINED if kind < 0.3 else names)

    def action(self) -> str:
        """One action of each kind in turn, with values that both take."""
        pick = self.dice.choice
        action = pick((
            f"deny deny_status {pick((403, 404, 429, 503))}", "deny",
            f"redirect prefix {pick(('/', '/new', 'https://h.org', 'https://h.org/x%%20y'))}",
            f"redirect code {pick((301, 302, 303, 307, 308))} prefix /p drop-query",
            f"redirect prefix /q drop-query append-slash code {pick((301, 308))}",
            f"redirect location {pick(('/there', 'https://x.org/a?b=1', '/50%%'))}",
            "redirect scheme https code 301",
            "redirect scheme https drop-query",
            f"set-header {pick(('X-A', 'x-b', 'X-New'))} {pick(('1', self.quoted('a b, c'), '50%%'))}",
            f"set-header x-a {pick(('v', 'w'))}", f"del-header {pick(('X-A', 'x-b', 'cookie'))}",
            "set-header Host q.org",
            f"return status {pick((200, 404, 503, 204))} hdr x-why {pick(('a', 'b%%'))}",
            f"return content-type text/x string {self.quoted('50% of a')}",
        ))  # fmt: skip
        self.rows[action.split()[0]] += 1
        return action

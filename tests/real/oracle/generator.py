"""Rules and requests that hit each other's edges, from a seed."""

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from ingress.acl.converters import CONVERTERS
from ingress.acl.criteria import CRITERIA
from ingress.acl.cursor import Family
from ingress.acl.error import AclError
from ingress.acl.fetch import Fetch
from ingress.acl.fetches import FETCHES
from ingress.acl.grammar import parse_acls, parse_rules
from ingress.acl.matches import DEFAULT_MATCH, IMPLIED, MATCHES
from ingress.acl.sample import Type, can_cast
from ingress.model.condition import Match
from ingress.model.settings import Limits
from ingress.wire.refusal import Refusal
from ingress.wire.request import Request, parse_request
from tests.real.oracle.arguments import CONVERTER_ARGUMENTS, FETCH_ARGUMENTS
from tests.real.oracle.maps import CRASHING, FOLDER, LISTED, MAP_ARGUMENTS
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
from tests.real.oracle.users import AUTHORIZATIONS

UNSTEADY = {
    "uuid": "it is another one each time",
    "src_port": "each proxy has a connection of its own",
    "dst_port": "each proxy has a port of its own",
    "hostname": "ours is handed in",
    "date": "the clocks of both go on",
    "be_name": "each proxy has names of its own",
    "fe_conn": "there it is of one frontend, which has to be named in rules of backends",
    "fe_sess_rate": "ours counts from the first time on at which it is asked",
    "fe_req_rate": "the same",
    "unique-id": "there it has to be configured first",
    "ipv6": "it has a type of its own there, of which no number can be made",
    "scheme": "there is no such fetch there",
    **{
        name: "it waits, for a password or the body; those are compared by themselves"
        for name, row in FETCHES.items()
        if row.waits
    },
    **{
        name: "of answers; those are compared by themselves" for name, row in FETCHES.items() if row.of_answer
    },
}
"""Fetches of which the two proxies cannot see the same, or not here, and why."""
ANSWERED = (
    *("status", "res.hdr", "res.fhdr", "res.hdr_cnt", "res.hdr_val", "res.hdr_ip"),
    *("res.cook", "res.cook_cnt", "res.cook_val", "int", "str", "bool"),
)
"""Fetches of which a rule about answers can make something."""


NORMALIZERS = (
    *("path-merge-slashes", "path-strip-dot", "path-strip-dotdot", "path-strip-dotdot full"),
    *("percent-decode-unreserved", "percent-decode-unreserved strict", "query-sort-by-name"),
    *("percent-to-uppercase", "percent-to-uppercase strict"),
)
CONDITIONAL = (
    *("path-merge-slashes", "path-strip-dot", "query-sort-by-name"),
    *(form for form in NORMALIZERS if form.endswith((" full", " strict"))),
)
"""Those that HAProxy 2.6 carries out under a condition; of the others it makes path-merge-slashes."""
ADDRESSES = ("hdr_ip(x-a)", "src,ipmask(8)", "hdr_ip(x-b,1)", "str(10.1.2.3)", "req.fhdr(x-a)")
"""Expressions of which an address can be made, or not."""


def _differs(text: str) -> bool:
    """An expression whose numbers are the one thing here and garbage there."""
    steady = re.sub(r"(_cnt\([^)]*\)|,length|,crc32|^int\([0-9]+\)),(add|sub)\((?!-|[0-9]{9})", "", text)
    return "var(req.b)," in text or any(
        name in steady and start not in text
        for name, start in (
            (",http_date", "int(1600000000),http_date"),
            (",utime", "int(1600000000),utime"),
            (",ltime", "int(1600000000),ltime"),
            (",port_only", "hdr(host),port_only"),
            (",ub64dec", ",ub64enc,ub64dec"),
            (",b64dec", "),base64,b64dec"),
            (",add(", "never"),
            (",sub(", "never"),
        )
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
        lines += [f"Authorization: {pick(AUTHORIZATIONS)}"] if self.dice.random() < 0.3 else []
        lines += [f"Cookie: {pick(COOKIES)}" for _ in range(self.dice.choice((0, 1, 1, 2)))]
        return "\r\n".join((*lines, "Connection: keep-alive", "\r\n")).encode()

    def test(self) -> str:
        """One criterion with flags and values that our grammar takes."""
        while True:
            text = self._test()
            with suppress(AclError):
                parse_acls(f"a {text}")
                return text

    def expression(self, family: Family = Family.REQUEST) -> str:
        """A fetch, mostly with converters, that our grammar takes as part of a text."""
        fetches = ANSWERED if family is Family.FINAL else [name for name in FETCHES if name not in UNSTEADY]
        while True:
            row = FETCHES[self.dice.choice(fetches)]
            text = row.name + self._arguments(row)
            gives = row.gives
            for _ in range(self.dice.choice((0, 1, 1, 1, 2, 3))):
                text, gives = self._converted(text, gives)
            if _differs(text):
                continue
            with suppress(AclError):
                parse_rules(f"set-header x-a {self.quoted(f'%[{text}]')}", {}, family)
                self.rows.update((row.name,))
                return text

    def _converted(self, text: str, given: Type) -> tuple[str, Type]:
        """The expression with one more converter."""
        while True:
            converter = CONVERTERS[self.dice.choice([name for name in CONVERTERS if name not in CRASHING])]
            # A truth that is counted with stays one there, whatever comes out.
            if can_cast(given, converter.takes) and (given, converter.takes) != (Type.BOOL, Type.INT):
                self.rows.update((f",{converter.name}",))
                known = CONVERTER_ARGUMENTS.get(converter.name) or MAP_ARGUMENTS.get(converter.name) or ("",)
                arguments = self.dice.choice(known)
                return f"{text},{converter.name}{arguments}", converter.gives

    def _test(self) -> str:
        name = self.dice.choice([name for name, row in CRITERIA.items() if row.fetch.name not in UNSTEADY])
        row = CRITERIA[name]
        gives, match, word = row.fetch.gives, row.match, name + self._arguments(row.fetch)
        if not row.suffix and self.dice.random() < 0.5:
            word, gives = self._converted(word, gives)
            match = DEFAULT_MATCH.get(gives)
        if _differs(word):
            return "refused"
        flags = ["-i"] if self.dice.random() < 0.3 else []
        if match is None or self.dice.random() < 0.3:
            match = self.dice.choice([m for m in Match if m not in IMPLIED])
            flags += ["-m", match]
            takes = MATCHES[match].takes
            if takes is not None and not can_cast(gives, takes):
                return "refused"
        if match is Match.BOOL and gives is Type.ANY:
            return "refused"
        self.rows.update((name, f"-m {match}"))
        if match in LISTED and self.dice.random() < 0.2:
            flags += ["-f", f"{FOLDER}list-{match}"]
            self.rows.update(("-f",))
        return " ".join((self.quoted(word), *flags, *self._patterns(match)))

    def _arguments(self, fetch: Fetch) -> str:
        if fetch.name in FETCH_ARGUMENTS:
            return self.dice.choice(FETCH_ARGUMENTS[fetch.name])
        usage = fetch.usage
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
        if match is Match.BIN:
            return self.dice.choice(("61", "6162", "7f000001", "000000000000000A", "a9"))
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

    def text(self, family: Family = Family.REQUEST) -> str:
        """A text with samples in it, as one word."""
        asked = ("%[path]", "%[src]", "%ci", "%HM", "%HV") if family is Family.REQUEST else ("%[status]",)
        parts = [self.dice.choice(("a", "/b", "-", "50%%", "c d", "e  f", *asked))]
        parts += [f"%[{self.expression(family)}]" for _ in range(self.dice.choice((0, 1, 1, 2)))]
        return self.quoted("".join(self.dice.sample(parts, len(parts))))

    def action(self) -> str:
        """One action of each kind in turn, with values that both take."""
        action = self.dice.choice(
            (
                self._answer,
                self._field_action,
                self._target_action,
                self._variable_action,
                self._override_action,
            )
        )()
        self.rows[action.split()[0].split("(")[0]] += 1
        return action

    def _answer(self) -> str:
        pick = self.dice.choice
        return pick((
            f"deny deny_status {pick((403, 404, 429, 503))}", "deny", "allow", "auth realm staff",
            f"deny status {pick((403, 418, 503))} content-type text/x string '50% a' hdr x-why b",
            f"deny content-type text/x lf-string {self.text()} hdr x-why c",
            f"redirect prefix {pick(('/', '/new', 'https://h.org', 'https://h.org/x%%20y', '/u/%[method]'))}",
            f"redirect code {pick((301, 302, 303, 307, 308))} prefix /p drop-query",
            f"redirect prefix /q drop-query append-slash code {pick((301, 308))}",
            f"redirect location {pick(('/there', 'https://x.org/a?b=1', '/50%%', '/%[path,url_enc]'))}",
            f"redirect location %[urlp({pick('ab')})] ignore-empty",
            f"redirect location /x set-cookie {pick(('SEEN=1', 'SEEN'))}",
            "redirect location /x clear-cookie A=",
            "redirect scheme https code 301", "redirect scheme https drop-query",
            f"return status {pick((200, 404, 503, 204))} hdr x-why {pick(('a', 'b%%', self.text()))}",
            f"return content-type text/x string {self.quoted('50% of a')}",
            f"return content-type text/x lf-string {self.text()}",
        ))  # fmt: skip

    def _field_action(self, family: Family = Family.REQUEST) -> str:
        pick = self.dice.choice
        name = pick(("X-A", "x-b", "X-New", "x-a"))
        return pick((
            f"set-header {name} {pick(('1', self.quoted('a b, c'), '50%%', self.text(family)))}",
            f"add-header {name} {pick(('v', 'w', self.text(family)))}",
            f"del-header {pick(('X-A', 'x-b', 'cookie'))}",
            f"del-header {pick(('X-', 'x', 'cook', '-b', 'X-A'))} -m {pick(('beg', 'end', 'sub', 'str'))}",
            f"del-header {pick(('^x-', 'A$', 'oo', '^X-b$'))} -m reg",
            "set-header Host q.org" if family is Family.REQUEST else "set-header x-new %[status]",
            f"{pick(('replace-header', 'replace-value'))} {self._replacement(name, family)}",
        ))  # fmt: skip

    def _replacement(self, name: str, family: Family) -> str:
        expression = self.dice.choice((*EXPRESSIONS, "^(.*)b(.*)$", "([a-z]+)", "^(a)?(.*)"))
        text = self.dice.choice((r"'\1'", r"'<\0>'", r"'\2-\1x'", "new", self.text(family)))
        return f"{name} '{expression}' {text}"

    def _target_action(self) -> str:
        pick = self.dice.choice
        return pick((
            f"set-path {pick(('/new', '/x%[path]', '/y?z=1', '/%[path,word(1,/)]'))}",
            f"set-pathq {pick(('/new', '/x%[pathq]', '/y?z=1'))}", f"set-uri {pick(('/new?x', '/x%[url]'))}",
            f"set-query {pick(('x=1', '%[query]&x=1', 'a=%[path]'))}",
            "replace-path ^/([a-z]+)(.*) '/\\2/\\1'", "replace-path (.*)/blog(.*) '\\1/news\\2'",
            "replace-pathq ^/(.*)a=(.*) '/\\1b=\\2'", "replace-uri ^/(.*) '/pre/\\1'",
            "replace-path [.]php$ /php", *(f"normalize-uri {form}" for form in CONDITIONAL),
        ))  # fmt: skip

    def _override_action(self) -> str:
        """What is asked beside the head; of an address, what rules see of it then."""
        pick = self.dice.choice
        return pick((
            f"set-src {self.quoted(pick(ADDRESSES))}", f"set-dst {self.quoted(pick(ADDRESSES))}",
            f"set-src-port {pick(('int(70)', 'hdr(x-a)', 'int(65535)'))}",
            f"set-dst-port {pick(('int(70)', 'urlp(a)'))}",
            "set-header x-new '%[src] %[dst]'", "set-header x-new '%[src_port,add(0)]'", "set-header x-b %ci",
            f"set-log-level {pick(('silent', 'err'))}", "disable-l7-retry",
            f"set-timeout {pick(('server 30s', 'tunnel 1h', 'server 5000', 'server int(20000)'))}",
        ))  # fmt: skip

    def _variable_action(self) -> str:
        pick = self.dice.choice
        scope = pick(("txn.s", "txn.n", "req.b"))
        return pick((
            f"set-var({scope}) {self.quoted(self.expression())}", f"set-var-fmt({scope}) {self.text()}",
            f"unset-var({scope})", f"set-header x-new '%[var({scope})]'",
        ))  # fmt: skip

    def answer_action(self) -> str:
        """An action on an answer."""
        field = self._field_action(Family.FINAL)
        action = self.dice.choice((field, field, f"set-status {self.dice.choice((202, 404, 503))}"))
        self.rows[f"answer {action.split()[0]}"] += 1
        return action

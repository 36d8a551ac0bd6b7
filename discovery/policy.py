"""The policy of a route: what the options of its object say in the rule language."""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar, cast

from discovery.authorization import place_question, read_question
from discovery.bounds import excess
from discovery.dialects.reading import Reading, problem_with
from discovery.dialects.terms import unless_user
from discovery.limits import read_limits
from discovery.option_values import CombinationError
from discovery.rules import RuleText
from discovery.userlists import read_userlists
from ingress.acl.backend_uses import name_backends
from ingress.acl.error import AclError, did_you_mean
from ingress.acl.file_uses import Names, name_files
from ingress.acl.grammar import (
    Family,
    NamedAcls,
    parse_acls,
    parse_backend_rules,
    parse_rules,
    parse_server_rules,
)
from ingress.model.policy import Auth, Coding, Compression, Policy, Rule
from ingress.model.problem import Problem
from ingress.model.route import Origin

Resolve = Callable[[str], str]
"""The name of the backend of a word such as `blog:80`; ValueError if it is none."""

T = TypeVar("T")
_PLAIN: Final = Policy()
_STAND_IN: Final = parse_acls("any always_true")["any"]
_GUARDS: Final = frozenset({Family.CONNECTION, Family.REQUEST, Family.REDIRECT, Family.RESPONSE})
"""Families whose rules may refuse: what cannot be read of them closes the route."""


def no_files(word: str) -> str:
    """Where there are no ConfigMaps, there are no pattern files."""
    raise ValueError(f'"{word}": pattern files are keys of ConfigMaps, and there are none here')


def read_policy(
    reading: Reading,
    origin: Origin,
    resolve: Resolve,
    names: Names | None = None,
    find: Resolve | None = None,
) -> tuple[Policy, tuple[Problem, ...]]:
    """The policy, closed if anything that guards cannot be read, and all problems of the options.
    `names` are those of ConfigMaps and Secrets, where there are any; `find` gives the backends of
    `NAMESPACE/SERVICE:PORT`, where there are Services that may be asked."""
    if not reading.values and not reading.problems:
        return _PLAIN, ()
    text = _Text(reading, origin)
    acls = text.parse("acl", parse_acls, closes=any(text.of(family).pieces for family in _GUARDS))
    known = _stand_ins(str(text.of("acl"))) if acls is None else acls
    rules = {family: text.rules(family, known) for family in Family}
    backends = text.parse(
        "use-backend", lambda lines: parse_backend_rules(lines, known, resolve), closes=False
    )
    servers = text.parse("use-server", lambda lines: parse_server_rules(lines, known), closes=False)
    if acls is None:
        return Policy(closed=text.closed), tuple(text.problems)
    policy = Policy(
        text.admission(rules[Family.REQUEST], find),
        backends or (),
        text.closed,
        rules[Family.RESPONSE],
        rules[Family.FINAL],
        rules[Family.CONNECTION],
        rules[Family.REDIRECT],
        _compression(reading),
        https=cast("bool | None", reading.values.get("ssl_redirect")),
        hsts=cast(str, reading.values.get("hsts", "")),
        servers=servers or (),
        body_limit=cast(int, reading.values.get("body_limit", 0)),
    )
    named = text.bounded(text.named(policy, names or Names(no_files, text.users), resolve))
    return named, tuple(text.problems)


def _compression(reading: Reading) -> Compression | None:
    """What the options say of compression; None: nothing is compressed."""
    codings = cast("tuple[Coding, ...] | None", reading.values.get("compression"))
    types = cast("tuple[str, ...] | None", reading.values.get("compression_types"))
    if codings is None:
        return None
    return Compression(codings) if types is None else Compression(codings, types)


def _stand_ins(text: str) -> NamedAcls:
    """The names that a text with errors declares: its rules are told their own errors all the same."""
    names = (words[0] for line in text.split("\n") if (words := line.split()))
    return dict.fromkeys(names, _STAND_IN)


class _Text:
    """The texts of an object's options, and what is wrong with them."""

    def __init__(self, reading: Reading, origin: Origin) -> None:
        self._reading = reading
        self._origin = origin
        self.problems = list(reading.problems)

    def auth(self) -> Iterator[Rule]:
        """The rule that lets in only the users of a Secret."""
        secret, realm = self._reading.values.get("auth_secret"), self._reading.values.get("auth_realm", "")
        if secret:
            yield Rule(Auth(str(realm)), unless_user((str(secret),)))
        elif realm:
            reason = "there is no auth-secret beside it, which has the users"
            self.problems.append(self._reading.problem(self._origin, "auth-realm", "", reason, closes=True))

    def admission(self, rules: tuple[Rule, ...], find: Resolve | None) -> tuple[Rule, ...]:
        """The rules of http-request, with those about who may pass: what costs less comes first."""
        values = self._reading.values
        try:
            limits = read_limits(values, f"{self._origin.source} {self._origin}")
            asked = place_question(rules, read_question(values, find))
        except CombinationError as error:
            problem = self._reading.problem(self._origin, error.option, "", str(error), closes=True)
            self.problems.append(problem)
            return rules
        return (*limits, *self.auth(), *asked)

    def users(self, word: str) -> tuple[str, str]:
        """The name and the text of a userlist that the options themselves have."""
        text = self.of("userlist")
        lists = read_userlists(str(text))
        if word not in lists:
            raise ValueError(f'there is no userlist "{word}"{did_you_mean(word, lists)}')
        for flaw in lists[word].flaws:
            name, line = text.place(flaw.line) if flaw.line else (text.pieces[0].name, 0)
            self.problems.append(problem_with(self._origin, name, "", str(flaw._replace(line=line))))
        return word, lists[word].text

    def named(self, policy: Policy, names: Names, backends: Resolve) -> Policy:
        """The policy with the full names of the files and backends that its rules ask; closed where there
        are none of these names, or not for this object."""
        try:
            return name_files(name_backends(policy, backends), names)
        except ValueError as error:
            name = next(iter(self._reading.values)).replace("_", "-")
            self.problems.append(self._reading.problem(self._origin, name, "", str(error), closes=True))
            return Policy(closed=self.closed)

    def bounded(self, policy: Policy) -> Policy:
        """The policy; closed where it is more than one object may ask for."""
        reason = excess(policy)
        if not reason:
            return policy
        self.problems.append(Problem(self._origin, "", f"its rules are too many: {reason}", "", closes=True))
        return Policy(closed=self.closed)

    @property
    def closed(self) -> str:
        """Why the routes are closed; empty: they are not."""
        return next((str(problem) for problem in self.problems if problem.closes), "")

    def of(self, name: str) -> RuleText:
        """An option as it is written; without lines: it is not."""
        text = self._reading.values.get(name.replace("-", "_"))
        return text if isinstance(text, RuleText) else RuleText()

    def rules(self, family: Family, acls: NamedAcls) -> tuple[Rule, ...]:
        """The rules of a family."""
        closes = family in _GUARDS
        return self.parse(family, lambda lines: parse_rules(lines, acls, family), closes=closes) or ()

    def parse(self, name: str, parse: Callable[[str], T], *, closes: bool) -> T | None:
        """What an option says; None if it cannot be read."""
        text = self.of(name)
        try:
            return parse(str(text))
        except AclError as error:
            self.problems += self._flaws(text, error, closes=closes)
        return None

    def _flaws(self, text: RuleText, error: AclError, *, closes: bool) -> Iterator[Problem]:
        """One problem for each line that is wrong, with the name and the line as they were written."""
        for flaw in error.flaws:
            name, line = text.place(flaw.line)
            reason = str(flaw._replace(line=line))
            yield problem_with(self._origin, name, "", reason, closes=closes)

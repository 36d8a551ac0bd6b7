"""The policy of a route: what the options of its object say in the rule language."""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from discovery.dialects.reading import Reading
from ingress.acl.error import AclError
from ingress.acl.grammar import Family, NamedAcls, parse_acls, parse_backend_rules, parse_rules
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

Resolve = Callable[[str], str]
"""The name of the backend of a word such as `blog:80`; ValueError if it is none."""

T = TypeVar("T")
_PLAIN: Final = Policy()
_STAND_IN: Final = parse_acls("any always_true")["any"]
_GUARDS: Final = frozenset({"http_request", "http_response"})
"""Options whose rules may refuse, with tests that `acl` names."""


def read_policy(reading: Reading, origin: Origin, resolve: Resolve) -> tuple[Policy, tuple[Problem, ...]]:
    """The policy, closed if anything that guards cannot be read, and all problems of the options."""
    if not reading.values and not reading.problems:
        return _PLAIN, ()
    text = _Text(reading, origin)
    acls = text.parse("acl", parse_acls, closes=not _GUARDS.isdisjoint(reading.values))
    known = _stand_ins(text.of("acl")) if acls is None else acls
    rules = text.parse("http-request", lambda lines: parse_rules(lines, known), closes=True)
    backends = text.parse(
        "use-backend", lambda lines: parse_backend_rules(lines, known, resolve), closes=False
    )
    responses = text.parse(
        "http-response", lambda lines: parse_rules(lines, known, Family.RESPONSE), closes=True
    )
    final = text.parse(
        "http-after-response", lambda lines: parse_rules(lines, known, Family.FINAL), closes=False
    )
    if acls is None:
        return Policy(closed=text.closed), tuple(text.problems)
    policy = Policy(rules or (), backends or (), text.closed, responses or (), final or ())
    return policy, tuple(text.problems)


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

    @property
    def closed(self) -> str:
        """Why the routes are closed; empty: they are not."""
        return next((str(problem) for problem in self.problems if problem.closes), "")

    def of(self, name: str) -> str:
        """An option as it is written; empty: it is not."""
        return cast(str, self._reading.values.get(name.replace("-", "_"), ""))

    def parse(self, name: str, parse: Callable[[str], T], *, closes: bool) -> T | None:
        """What an option says; None if it cannot be read."""
        text = self.of(name)
        try:
            return parse(text)
        except AclError as error:
            self.problems.append(self._reading.problem(self._origin, name, text, str(error), closes=closes))
        return None

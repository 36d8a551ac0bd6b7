"""The policy of a route: what the options of its object say in the rule language."""

from collections.abc import Callable
from typing import Final, TypeVar, cast

from discovery.dialects.reading import Reading
from ingress.acl.error import AclError
from ingress.acl.grammar import Family, parse_acls, parse_backend_rules, parse_rules
from ingress.model.policy import Policy
from ingress.model.problem import Problem
from ingress.model.route import Origin

Resolve = Callable[[str], str]
"""The name of the backend of a word such as `blog:80`; ValueError if it is none."""

T = TypeVar("T")
_PLAIN: Final = Policy()
_GUARDS: Final = frozenset({"http_request", "http_response"})
"""Options whose rules may refuse, with tests that `acl` names."""


def read_policy(reading: Reading, origin: Origin, resolve: Resolve) -> tuple[Policy, tuple[Problem, ...]]:
    """The policy, closed if anything that guards cannot be read, and all problems of the options."""
    if not reading.values and not reading.problems:
        return _PLAIN, ()
    text = _Text(reading, origin)
    acls = text.parse("acl", parse_acls, closes=not _GUARDS.isdisjoint(reading.values))
    if acls is None:
        return Policy(closed=text.closed), tuple(text.problems)
    rules = text.parse("http-request", lambda lines: parse_rules(lines, acls), closes=True)
    backends = text.parse(
        "use-backend", lambda lines: parse_backend_rules(lines, acls, resolve), closes=False
    )
    responses = text.parse(
        "http-response", lambda lines: parse_rules(lines, acls, Family.RESPONSE), closes=True
    )
    final = text.parse(
        "http-after-response", lambda lines: parse_rules(lines, acls, Family.FINAL), closes=False
    )
    policy = Policy(rules or (), backends or (), text.closed, responses or (), final or ())
    return policy, tuple(text.problems)


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

    def parse(self, name: str, parse: Callable[[str], T], *, closes: bool) -> T | None:
        """What an option says; None if it cannot be read."""
        text = cast(str, self._reading.values.get(name.replace("-", "_"), ""))
        try:
            return parse(text)
        except AclError as error:
            self.problems.append(self._reading.problem(self._origin, name, text, str(error), closes=closes))
        return None

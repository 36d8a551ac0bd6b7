"""The texts of users as syntax trees: named ACLs, http-request rules, use-backend rules."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from msgspec import Struct

from ingress.acl.action import read_action
from ingress.acl.condition import NamedAcls, read_condition
from ingress.acl.criteria import CRITERIA
from ingress.acl.criterion import read_criterion
from ingress.acl.cursor import CONDITION_WORDS, Cursor, Family
from ingress.acl.error import REPORTED, AclError, Flaw, quote
from ingress.acl.expression import KEEP
from ingress.acl.fetches import waits
from ingress.acl.format import read_text
from ingress.acl.redirect import read_redirect
from ingress.acl.walk import records
from ingress.acl.words import Line, split_lines, split_words
from ingress.model.condition import Call, Condition, Criterion, Match, Text
from ingress.model.policy import BackendRule, ReplaceHeader, ReplaceTarget, Rule, ServerRule

__all__ = [
    "AclError",
    "Family",
    "NamedAcls",
    "parse_acls",
    "parse_backend_rules",
    "parse_rules",
    "parse_server_rules",
]

T = TypeVar("T")

EXPRESSION_LIMIT: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9_.:-]+")


def parse_acls(text: str) -> NamedAcls:
    """The ACLs a text declares, one line each: `NAME CRITERION [FLAGS] VALUE...`. Lines of one name are
    alternatives. Raises AclError with every line that is wrong."""
    acls: dict[str, tuple[Criterion, ...]] = {}
    for name, criterion in _read_lines(text, _read_acl):
        acls[name] = (*acls.get(name, ()), criterion)
    _check_expressions(test for tests in acls.values() for test in tests)
    return acls


def parse_rules(text: str, acls: NamedAcls, family: Family = Family.REQUEST) -> tuple[Rule, ...]:
    """The rules of a text, one line each: `ACTION [if|unless CONDITION]`, in order. Raises AclError."""

    def read(words: Line) -> Rule:
        cursor = Cursor(words, family)
        action = read_redirect(cursor) if family is Family.REDIRECT else read_action(cursor)
        return Rule(action, _read_rest(cursor, acls))

    rules = _read_lines(text, read)
    tests = (test for rule in rules for test in _anonymous(rule.condition))
    _check_expressions(tests, sum(map(_expressions, rules)))
    return rules


def parse_backend_rules(text: str, acls: NamedAcls, resolve: Callable[[str], str]) -> tuple[BackendRule, ...]:
    """The rules of a text, one line each: `BACKEND [if|unless CONDITION]`, in order. `resolve` gives the
    name of a backend as it is written there, or raises ValueError. Raises AclError."""

    def read(words: Line) -> BackendRule:
        cursor = Cursor(words)
        word = cursor.take("a backend")
        try:
            backend = resolve(word.text)
        except ValueError as error:
            raise word.flaw(str(error)) from None
        return BackendRule(backend, _read_rest(cursor, acls))

    rules = _read_lines(text, read)
    _check_expressions(test for rule in rules for test in _anonymous(rule.condition))
    return rules


def parse_server_rules(text: str, acls: NamedAcls) -> tuple[ServerRule, ...]:
    """The rules of a text, one line each: `SERVER [if|unless CONDITION]`, in order. Raises AclError."""

    def read(words: Line) -> ServerRule:
        cursor = Cursor(words)
        word = cursor.take("a server")
        if not word.text:
            raise word.flaw("a server is expected: its address, or its name")
        rule = ServerRule(read_text(word), _read_rest(cursor, acls))
        if any(map(waits, records(rule))):
            raise word.flaw(f"users and bodies are not asked about so late: {KEEP}")
        return rule

    rules = _read_lines(text, read)
    tests = (test for rule in rules for test in _anonymous(rule.condition))
    _check_expressions(tests, sum(_substitutions(rule.server) for rule in rules))
    return rules


def _read_lines(text: str, read: Callable[[Line], T]) -> tuple[T, ...]:
    """What each line that is not empty stands for; the flaws of all lines in one error."""
    results: list[T] = []
    flaws: list[Flaw] = []
    for number, line in enumerate(split_lines(text), start=1):
        try:
            if words := split_words(line, number):
                results.append(read(words))
        except AclError as error:
            flaws.extend(error.flaws)
            if len(flaws) == REPORTED:
                break
    if flaws:
        raise AclError(flaws)
    return tuple(results)


def _read_acl(words: Line) -> tuple[str, Criterion]:
    name = words[0]
    if not _NAME.fullmatch(name.text):
        raise name.flaw(f"{quote(name.text)} is no name for an ACL: letters, digits and - _ . : are possible")
    if name.text.lower() == "or":
        raise name.flaw(f"{quote(name.text)} cannot be the name of an ACL")
    if len(words) == 1:
        raise name.flaw("a criterion is missing after the name")
    if name.text == "acl" and words[1].text not in CRITERIA and len(words) > 2:
        raise name.flaw('every line declares an ACL here: leave out "acl"')
    return name.text, read_criterion(words[1:])


def _read_rest(cursor: Cursor, acls: NamedAcls) -> Condition | None:
    """The condition at the end of a line, if there is one."""
    words = cursor.rest()
    if not words:
        return None
    if words[0].text not in CONDITION_WORDS:
        raise words[0].flaw('"if" or "unless" is expected here; a value with blanks stands in quotes')
    return read_condition(words, acls, answers=cursor.answers)


def _anonymous(condition: Condition | None) -> Iterator[Criterion]:
    """The tests that a condition declares itself."""
    for row in condition.alternatives if condition else ():
        for term in row:
            yield from () if term.name else term.tests


def _expressions(rule: Rule) -> int:
    """How many regular expressions the action of a rule has of its own."""
    action = rule.action
    own = isinstance(action, ReplaceHeader | ReplaceTarget) or getattr(action, "match", "") == "reg"
    return own + _substitutions(action)


def _substitutions(node: Struct | Text) -> int:
    return sum(isinstance(record, Call) and record.name == "regsub" for record in records(node))


def _check_expressions(tests: Iterable[Criterion], others: int = 0) -> None:
    """Refuse a text whose regular expressions would take too much memory."""
    count = others
    for test in tests:
        count += len(test.patterns) if test.match is Match.REG else 0
        count += sum(call.name == "regsub" for call in test.converters)
    if count > EXPRESSION_LIMIT:
        raise AclError((Flaw(1, 1, f"{count} regular expressions; at most {EXPRESSION_LIMIT} are possible"),))

"""An account without what may be confidential: the texts of rules, and whatever they may have put anywhere.

Who reads the objects themselves may see everything in them. The admin API is for more eyes than these.
"""

import re
from typing import Final

from msgspec.structs import replace

from ingress.model.explanation import Explanation, SeenAcl, SeenRoute, SeenRule, SeenTest

_WORD: Final = re.compile(r"[^\s(,]+")
_OUTCOME: Final = re.compile(r"(?:answers \d+|chooses \S+|closes .*|leaves .*|ends .*|changes nothing)")
CHANGED: Final = "changes something"
ASKS: Final = "it asks for more than host and path"
_ASKING: Final = "it asks for more"


def discreet(told: Explanation) -> Explanation:
    """The same account: who decided, which ACLs were met, and where the request went; no values."""
    return replace(
        told,
        routes=tuple(map(_route, told.routes)),
        certificate=None if told.certificate is None else replace(told.certificate, subject=""),
        rules=tuple(map(_rule, told.rules)),
        chosen_by=_first_word(told.chosen_by),
        sent=_names(told.sent),
        answer=_names(told.answer),
    )


def _route(route: SeenRoute) -> SeenRoute:
    return replace(route, why=ASKS) if route.why.startswith(_ASKING) else route


def _rule(rule: SeenRule) -> SeenRule:
    names = " ".join(acl.name or "{ }" for acl in rule.acls)
    text = f"{_first_word(rule.text)} by {names}" if names else _first_word(rule.text)
    outcome = _OUTCOME.match(rule.effect)
    effect = outcome[0] if outcome else CHANGED if rule.effect else ""
    return replace(rule, text=text, acls=tuple(map(_acl, rule.acls)), effect=effect)


def _acl(acl: SeenAcl) -> SeenAcl:
    return replace(acl, tests=tuple(map(_test, acl.tests)))


def _test(test: SeenTest) -> SeenTest:
    return SeenTest(_first_word(test.text), (), "", test.holds, hidden=True)


def _first_word(text: str) -> str:
    """What is asked or done, without its arguments."""
    found = _WORD.match(text.lstrip("'\""))
    return found[0] if found else ""


def _names(head: tuple[str, ...]) -> tuple[str, ...]:
    """The head with the names of its fields alone; of the first line, the method or the status."""
    if not head:
        return ()
    first, *fields = head
    words = first.split(" ")
    start = " ".join(words[:2]) if first.startswith("HTTP/") else words[0]
    return (start, *(field.partition(":")[0] for field in fields))

"""Actions on variables."""

import re
from typing import Final

from ingress.acl.cursor import Cursor
from ingress.acl.error import quote
from ingress.acl.expression import read_expression
from ingress.acl.form import ALL, ActionForm
from ingress.acl.format import read_text
from ingress.acl.variable import read_variable
from ingress.acl.words import Word
from ingress.model.policy import Action, SetVariable, SetVariableText, UnsetVariable

_NAMED: Final = re.compile(r"[a-z-]+\((.*)\)")


def _variable(head: Word, words: Cursor) -> str:
    found = _NAMED.fullmatch(head.text)
    if found is None:
        raise head.flaw(
            f"a variable in parentheses is expected, as in {head.text.partition('(')[0]}(txn.team)"
        )
    if "," in found[1]:
        raise head.flaw(
            "conditions in set-var are not supported here: put them behind the rule, as in "
            "set-var(txn.team) str(a) if !{ var(txn.team) -m found }"
        )
    try:
        name = read_variable(found[1])
    except ValueError as error:
        raise head.flaw(str(error)) from None
    if name.startswith("req." if words.answers else "res."):
        raise head.flaw(
            f"{quote(name)} does not live that long: use txn, or {'res' if words.answers else 'req'}"
        )
    return name


def _read_set(head: Word, words: Cursor) -> Action:
    name = _variable(head, words)
    word = words.take("a sample")
    reading = read_expression(word, answers=words.answers)
    if reading.end < len(word.text):
        raise word.flaw("this is not of the form fetch(arguments),converter")
    return SetVariable(name, reading.expression)


def _read_text(head: Word, words: Cursor) -> Action:
    return SetVariableText(_variable(head, words), read_text(words.take("a text"), answers=words.answers))


def _read_unset(head: Word, words: Cursor) -> Action:
    return UnsetVariable(_variable(head, words))


ROWS: Final = (
    ActionForm(
        "set-var(NAME) EXPRESSION",
        _read_set,
        "Keeps a sample for the rules that follow. Where there is none, what was kept stays.",
        "set-var(txn.team) hdr(x-team),lower",
        ALL,
    ),
    ActionForm(
        "set-var-fmt(NAME) TEXT",
        _read_text,
        "Keeps a text for the rules that follow.",
        "set-var-fmt(txn.key) %[src]-%[hdr(user-agent)]",
        ALL,
    ),
    ActionForm("unset-var(NAME)", _read_unset, "Keeps it no longer.", "unset-var(txn.team)", ALL),
)

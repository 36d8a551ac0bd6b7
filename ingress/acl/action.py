"""ACTIONS: what a rule may do, by HAProxy's names."""

from collections.abc import Mapping
from typing import Final

from ingress.acl import (
    elsewhere,
    header_actions,
    override_actions,
    reply_actions,
    target_actions,
    variable_actions,
    wait_actions,
)
from ingress.acl.cursor import Cursor, Family
from ingress.acl.error import quote, unknown
from ingress.acl.form import ActionForm
from ingress.model.policy import Action

ACTIONS: Final[Mapping[str, ActionForm]] = {
    form.name: form
    for rows in (
        reply_actions.ROWS,
        header_actions.ROWS,
        target_actions.ROWS,
        variable_actions.ROWS,
        wait_actions.ROWS,
        override_actions.ROWS,
    )
    for form in rows
}


STAGES: Final = ("connection", "session", "content")


def read_action(words: Cursor) -> Action:
    """The action a line begins with; the cursor then stands at its condition, or at the end."""
    if words.family is Family.CONNECTION:
        _read_stage(words)
    word = words.take("an action")
    name = word.text.partition("(")[0]
    form = ACTIONS.get(name)
    if form is None:
        raise word.flaw(_unknown(name, words.family))
    if words.family not in form.families:
        raise word.flaw(f"{quote(name)} is possible in {' and '.join(form.families)} only")
    return form.read(word, words)


def _read_stage(words: Cursor) -> None:
    """What stands before the action of a `tcp-request`. Which route a connection is for is known with
    its first request, so that all stages are one here."""
    word = words.take("the stage")
    if word.text == "inspect-delay":
        raise word.flaw("there is nothing to wait for here: leave the line out")
    if word.text not in STAGES:
        raise word.flaw(f'"connection", "session" or "content" is expected, not {quote(word.text)}')


def _unknown(name: str, family: Family) -> str:
    if name in elsewhere.ACTIONS:
        return elsewhere.refused("action", name, elsewhere.ACTIONS[name])
    if name in tuple(Family):
        return f"every line is an {family} rule here: leave out {quote(name)}"
    return unknown("action", name, [form.name for form in ACTIONS.values() if family in form.families])

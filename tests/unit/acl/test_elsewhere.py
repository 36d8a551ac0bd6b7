"""What is left out of HAProxy's language is refused by its name, with the reason, and is on the page."""

import pytest

from ingress.acl import elsewhere
from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.document import document
from ingress.acl.error import AclError
from ingress.acl.fetches import FETCHES
from ingress.acl.grammar import parse_acls, parse_rules


def refusal(acl: str = "", rule: str = "") -> str:
    with pytest.raises(AclError) as caught:
        parse_rules(rule or "deny if a", parse_acls(f"a {acl}" if acl else ""))
    return caught.value.message


@pytest.mark.parametrize("name", [name for name in elsewhere.FETCHES if "+" not in name])
def test_a_fetch_that_is_left_out_is_refused_with_the_reason(name: str) -> None:
    message = refusal(f"{name} -m str x")
    assert message == f'criterion "{name}" of HAProxy is not supported here: {elsewhere.FETCHES[name]}'


@pytest.mark.parametrize("name", elsewhere.CONVERTERS)
def test_a_converter_that_is_left_out_is_refused_with_the_reason(name: str) -> None:
    message = refusal(f"path,{name} -m str x")
    assert message == f'converter "{name}" of HAProxy is not supported here: {elsewhere.CONVERTERS[name]}'


@pytest.mark.parametrize("name", elsewhere.ACTIONS)
def test_an_action_that_is_left_out_is_refused_with_the_reason(name: str) -> None:
    message = refusal(rule=name)
    assert message == f'action "{name}" of HAProxy is not supported here: {elsewhere.ACTIONS[name]}'


def test_nothing_that_is_there_is_said_to_be_left_out() -> None:
    there = {"Fetches": FETCHES, "Converters": CONVERTERS, "Actions": ACTIONS, "Options": ()}
    for kind, left_out in elsewhere.KINDS.items():
        assert [name for name in left_out if name in there[kind]] == []


def test_the_page_has_a_reason_for_everything_that_is_left_out() -> None:
    page = document()
    for left_out in elsewhere.KINDS.values():
        for name, reason in left_out.items():
            assert f"`{name}`" in page
            assert reason[1:] in page

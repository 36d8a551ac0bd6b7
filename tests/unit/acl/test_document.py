"""The page about the rule language is that of the code."""

from pathlib import Path

from ingress.acl import elsewhere
from ingress.acl.action import ACTIONS
from ingress.acl.converters import CONVERTERS
from ingress.acl.document import document
from ingress.acl.fetches import FETCHES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "acl.md"


def test_the_page_is_the_one_the_tables_make() -> None:
    assert PAGE.read_text() == document(), f"write the page anew: ingress.acl.document into {PAGE.name}"


def test_the_page_names_every_fetch_and_action() -> None:
    assert [name for name in (*FETCHES, *ACTIONS) if name not in document()] == []


def test_what_is_left_out_is_not_there_and_the_page_says_why() -> None:
    tables = (elsewhere.FETCHES, FETCHES), (elsewhere.CONVERTERS, CONVERTERS), (elsewhere.ACTIONS, ACTIONS)
    for left_out, known in tables:
        assert left_out.keys() & known.keys() == set()
        assert all(
            f"`{word}`" in document() and reason[1:] in document() for word, reason in left_out.items()
        )

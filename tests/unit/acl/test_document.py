"""The page about the rule language is that of the code."""

from pathlib import Path

from ingress.acl.action import ACTIONS
from ingress.acl.document import document
from ingress.acl.fetches import FETCHES

PAGE = Path(__file__).resolve().parents[3] / "docs" / "acl.md"


def test_the_page_is_the_one_the_tables_make() -> None:
    assert PAGE.read_text() == document(), f"write the page anew: ingress.acl.document into {PAGE.name}"


def test_the_page_names_every_fetch_and_action() -> None:
    assert [name for name in (*FETCHES, *ACTIONS) if name not in document()] == []

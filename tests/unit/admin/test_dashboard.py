"""The status page, its content policy, and the reference pages in docs."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ingress.admin.dashboard import load_dashboard
from ingress.admin.items import RouteItem
from ingress.admin.listings import LISTINGS
from ingress.admin.reference import PAGES, main

DOCS = Path(__file__).parents[3] / "docs"
HTML = load_dashboard().html.decode()


def test_the_page_loads_nothing_from_anywhere_else() -> None:
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", HTML)
    assert "@import" not in HTML
    assert "url(" not in HTML


def test_the_page_makes_no_markup_of_what_the_api_says() -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|style=|onclick=", HTML
    )


def test_the_policy_admits_the_pages_own_script_and_nothing_else(ask: Callable[..., Any]) -> None:
    answer = ask("/")
    policy = answer.headers["Content-Security-Policy"]
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f"script-src 'sha256-{digest}';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_tab_of_the_page_is_a_listing() -> None:
    tabs = re.findall(r"^  (\w+): \[$", HTML, re.MULTILINE)
    assert tabs == ["routes", "backends", "servers", "sources", "workers", "problems"]
    assert set(tabs) <= set(LISTINGS)


def test_the_page_reads_only_fields_that_items_have() -> None:
    known = {name for listing in LISTINGS.values() for name in listing.item.__struct_fields__}
    known |= {"up", "drain", "down", "balance", "kind", "namespace", "name"}
    assert set(re.findall(r"\bit\.(\w+)", HTML)) <= known
    assert "responses" in RouteItem.__struct_fields__


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_in_docs_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), (
        "write it anew: python -m ingress.admin.reference docs"
    )


def test_the_reference_is_written_by_a_command(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    assert {path.name for path in tmp_path.iterdir()} == set(PAGES)


def test_the_command_without_a_folder_is_wrong_usage() -> None:
    assert main([]) == 2

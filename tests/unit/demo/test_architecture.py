"""The page about the architecture names what there is, and nothing that is gone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
PACKAGES = [
    str(init.parent.relative_to(ROOT))
    for top in ("ingress", "discovery")
    for init in sorted((ROOT / top).rglob("__init__.py"))
    if init.parent.name != top
]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_named(package: str) -> None:
    assert f"`{package}`" in PAGE


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:ingress|discovery)/[a-z_/0-9]+(?:\.py[x]?)?)`", PAGE)))
)
def test_every_file_that_is_named_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][A-Za-z]+)`", PAGE))))
def test_every_name_of_the_code_is_one(name: str) -> None:
    word = re.compile(rf"\b{name}\b")
    assert any(
        word.search(file.read_text())
        for top in ("ingress", "discovery")
        for file in (ROOT / top).rglob("*.py")
    )

"""The services of each file in `golden/` are told to the sink as the text beside it says."""

from pathlib import Path

import pytest

from tests.unit.dialects.conftest import read

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("services", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_services_are_told_as_the_text_beside_them(services: Path) -> None:
    assert read(services) == services.with_suffix(".txt").read_text()

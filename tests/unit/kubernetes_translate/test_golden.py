"""Each manifest in `golden/` is told to the sink as the text beside it says."""

from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("manifest", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_manifest_is_told_as_the_text_beside_it(lab: Any, manifest: Path) -> None:
    expected = manifest.with_suffix(".txt").read_text()
    assert lab.apply(manifest.read_text()).text() == expected

"""The examples in the chart's README are values that the chart and Headgate know."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingress.cli.settings import from_file

CHART = Path(__file__).resolve().parents[3] / "charts" / "headgate"
EXAMPLES = [part.partition("```")[0] for part in (CHART / "README.md").read_text().split("```yaml\n")[1:]]


def unknown(example: Mapping[str, Any], values: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """The keys that the values do not have; an empty mapping there may hold anything."""
    for key, value in example.items():
        if key not in values:
            yield place + key
        elif isinstance(value, dict) and values[key]:
            yield from unknown(value, values[key], f"{place}{key}.")


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_is_of_values_that_there_are(text: str, tmp_path: Path) -> None:
    example = yaml.safe_load(text)
    assert list(unknown(example, yaml.safe_load((CHART / "values.yaml").read_text()))) == []
    config = tmp_path / "headgate.yaml"
    config.write_text(yaml.safe_dump(example.get("config", {})))
    assert len(list(from_file(str(config)))) == len(example.get("config", {}))

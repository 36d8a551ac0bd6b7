"""The chart as the real Helm renders it."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tests.real.harness.binaries import binary

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "charts" / "headgate"
Json = dict[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Helm; the caller judges."""
    command = [binary("helm"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def render(*options: str, release: str = "headgate") -> list[Json]:
    """The objects that a release consists of, in the order in which Helm creates them."""
    result = helm("template", release, str(CHART), "--namespace", "headgate", *options)
    assert result.returncode == 0, result.stderr
    return objects_of(result.stdout)


def plain_manifests() -> str:
    """What `make manifests` writes."""
    environment = {**os.environ, "HELM": binary("helm")}
    command = [str(ROOT / "charts" / "render")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def objects_of(text: str) -> list[Json]:
    """The objects of a YAML stream."""
    return [document for document in yaml.safe_load_all(text) if document]


def only(objects: Iterable[Json], kind: str) -> Json:
    """The one object of a kind."""
    found = [object_ for object_ in objects if object_["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects of kind {kind}"
    return found[0]

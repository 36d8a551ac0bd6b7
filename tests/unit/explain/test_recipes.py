"""The recipes: every request on the page ends as the page says, by the annotations above it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import yaml
from click.testing import CliRunner

from ingress.cli.explain import explain

PAGE = Path(__file__).parents[3] / "docs" / "recipes.md"
SERVICES = ("shop", "canary", "mobile", "beta")
REQUEST = re.compile(
    r"(?P<method>[A-Z]+) (?P<url>\S+)(?: from (?P<client>\S+))?(?: with (?P<field>.*?))?"
    r"(?: saying (?P<data>.*))?"
)


class Check(NamedTuple):
    """One line of a recipe."""

    title: str
    annotations: dict[str, str]
    line: str
    objects: str = ""
    """Manifests beside the Ingress."""


def checks() -> Iterator[Check]:
    """All lines of all recipes."""
    for recipe in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title, _, text = recipe.partition("\n")
        _, *blocks, rest = text.split("```")
        block, *others = (each.removeprefix("yaml\n") for each in blocks[::2])
        annotations = yaml.safe_load(block)
        for line in re.findall(r"^    (.* => .*)$", rest, re.MULTILINE):
            yield Check(title, annotations, line, "---\n".join(others))


def manifests(annotations: dict[str, str], host: str) -> str:
    """The Ingress of the page with these annotations, and its Services."""
    service = {"name": "shop", "port": {"number": 80}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": {"service": service}}]
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "shop", "annotations": annotations},
        "spec": {"ingressClassName": "headgate", "rules": [{"host": host, "http": {"paths": paths}}]},
    }
    of_class = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "headgate"},
        "spec": {"controller": "headgate.dev/ingress-controller"},
    }
    return yaml.safe_dump_all([of_class, ingress, *(each for name in SERVICES for each in service_of(name))])


def service_of(name: str) -> Iterator[dict[str, Any]]:
    """A Service with one pod."""
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}]},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"port": 8080}],
        "endpoints": [{"addresses": ["10.9.0.1"], "conditions": {"ready": True}}],
    }


def told(check: Check, folder: Path) -> dict[str, Any]:
    """The account of the request of a line."""
    request = REQUEST.fullmatch(check.line.partition(" => ")[0])
    assert request is not None, check.line
    field = request["field"] or ""
    host = field.partition(": ")[2].lower().partition(":")[0] if field.startswith("Host: ") else ""
    (folder / "objects.yaml").write_text(check.objects)
    (folder / "recipe.yaml").write_text(manifests(check.annotations, host or "shop.example.com"))
    url = request["url"] if "://" in request["url"] else f"shop.example.com{request['url']}"
    words = [url, "-X", request["method"], *(("-H", field) if field else ())]
    words += [*(("--client", request["client"]) if request["client"] else ()), "--manifests", str(folder)]
    words += ["--data", request["data"]] if request["data"] else []
    result = CliRunner().invoke(explain, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    account: dict[str, Any] = msgspec.json.decode(result.output)
    assert not account.get("closed"), account
    return account


@pytest.mark.parametrize("check", [*checks()], ids=lambda check: f"{check.title}: {check.line}")
def test_a_request_ends_as_the_recipe_says(check: Check, tmp_path: Path) -> None:
    account = told(check, tmp_path)
    for wanted in check.line.partition(" => ")[2].split("; "):
        word, _, rest = wanted.partition(" ")
        if word.isdigit():
            assert (account.get("status"), account.get("answered")) == (int(word), True), account
        elif word == "closed":
            assert (account.get("status", 0), account.get("answered")) == (0, True), account
        elif word == "to":
            assert account.get("backend", "").endswith(f"/{rest}:80"), account
            assert not account.get("answered"), account
        else:
            assert rest in account.get({"sends": "sent", "answers": "answer"}[word], ()), account


def test_there_are_twenty_recipes_and_each_is_checked() -> None:
    titles = re.findall(r"^## (.*)$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(titles) >= 20
    assert {check.title for check in checks()} == {*titles}

"""What the README shows is what happens."""

import fnmatch
import http.client
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from ingress.cli.commands import headgate
from ingress.cli.reference import page
from ingress.cli.run import RUN, read_settings

ROOT = Path(__file__).resolve().parents[3]
Readme = Sequence[Any]


def named(readme: Readme, *words: str) -> list[Any]:
    """The commands that begin with these words."""
    found = [command for command in readme if tuple(command.words[: len(words)]) == words]
    assert found, f"the README has no {' '.join(words)}"
    return found


def test_check_says_what_the_readme_says(readme: Readme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [command] = named(readme, "headgate", "check")
    result = CliRunner().invoke(headgate, command.words[1:])
    assert (result.exit_code, result.stdout.splitlines()) == (1, command.expected)


@pytest.mark.parametrize("example", ["docs/examples/shop", "docs/examples/rules"])
def test_the_examples_have_no_problem(example: str) -> None:
    result = CliRunner().invoke(headgate, ["check", str(ROOT / example)])
    assert result.exit_code == 0, result.output


def test_every_run_has_options_that_exist(readme: Readme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for command in named(readme, "headgate", "run"):
        words = [word for word in command.words[2:] if word != "&"]
        assert read_settings(RUN.make_context("run", words).params, {})


@pytest.mark.parametrize("index", [0, 1])
def test_an_example_is_served_as_the_readme_says(
    readme: Readme, index: int, examples: Callable[[str], Path], run: Callable[[Path], int]
) -> None:
    runs = named(readme, "headgate", "run", "--manifests")
    started = [command for command in runs if command.words[-1] == "&"][index]
    curl = named(readme, "curl", "-i", "-H", "Host: shop.localhost")[index]
    port = run(examples(started.words[3]))
    lines = ask(port, curl.words[3], curl.words[4].removeprefix("http://127.0.0.1:8080"))
    for expected in curl.expected:
        assert fnmatch.filter(lines, expected.replace("...", "*")), (expected, lines)


def ask(port: int, field: str, path: str) -> list[str]:
    """The head of the answer, in lines."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    name, _, value = field.partition(": ")
    connection.request("GET", path, headers={name: value})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return [f"HTTP/1.1 {answer.status} {answer.reason}", *map(": ".join, answer.getheaders())]


def test_the_annotations_shown_are_those_of_the_example() -> None:
    block = (ROOT / "README.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    ingress = next(yaml.safe_load_all((ROOT / "docs/examples/rules/shop.yaml").read_text()))
    assert yaml.safe_load(block)["metadata"]["annotations"] == ingress["metadata"]["annotations"]


def test_what_the_readme_links_to_is_there() -> None:
    links = [part.partition(")")[0] for part in (ROOT / "README.md").read_text().split("](")[1:]]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_page_of_settings_is_the_one_the_tables_make() -> None:
    path = ROOT / "docs" / "configuration.md"
    assert path.read_text() == page(), (
        "write it anew: python -m ingress.cli.reference > docs/configuration.md"
    )

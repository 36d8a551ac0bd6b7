"""`docs/configuration.md`, made from the tables that the program itself uses.

python -m ingress.cli.reference > docs/configuration.md
"""

from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import Final

from discovery.dialects.headgate import PREFIX
from discovery.option import Option, Scope
from discovery.options import OPTIONS
from ingress.cli.keys import SECTIONS, Key
from ingress.cli.settings import CONFIG

BAR: Final = "\\|"

INTRODUCTION: Final = f"""\
# Configuration

A setting of `headgate run` can be made in three places. The option is stronger than the environment
variable, and that is stronger than the YAML file that `--config` or `{CONFIG}` names. A key of the file
is the option without its dashes; what takes several values is a list there, and has commas in the variable.
A name that does not exist is an error that says which one is near. In the file, `backend` and `limits` may be
mappings too: `backend: {{tries: 2}}` is `backend-tries: 2`.

    # headgate.yaml
    manifests: /etc/headgate/manifests
    http: ["0.0.0.0:8080", "[::]:8080"]
    access-log: "off"

Times are in seconds, or with a unit: `500ms`, `30s`, `2m`. Sizes are in bytes, or with `k` or `m`.
"""

ANNOTATIONS: Final = """\
# Annotations

What is set on an object. Here a time needs its unit (`250ms`, `5s`). A wrong annotation is a problem of its
object alone, which keeps its last good version; one that guards closes the routes of its object (503,
`route-closed`) until it can be read. The language of the first three is in [acl.md](acl.md).
"""


def page() -> str:
    """The whole page."""
    settings = "\n".join(starmap(_section, SECTIONS.items()))
    annotations = table(("annotation", "on", "guards", ""), map(_annotation, _annotations()))
    return f"{INTRODUCTION}\n{settings}\n{ANNOTATIONS}\n{annotations}"


def _section(title: str, keys: tuple[Key, ...]) -> str:
    return f"## {title}\n\n{table(('option', 'variable', 'default', ''), map(_setting, keys))}"


def table(titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = (titles, ("---",) * len(titles), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', BAR) for cell in row)} |\n" for row in lines)


def _setting(key: Key) -> tuple[str, ...]:
    option = key.option if key.is_flag else f"{key.option} {key.metavar}"
    repeated = " May be repeated." if key.many else ""
    default = ", ".join(f"`{text}`" for text in key.default)
    return f"`{option}`", f"`{key.variable}`", default, key.sentence + repeated


def _annotations() -> Iterator[Option]:
    return (option for option in OPTIONS.values() if option.scope is not Scope.CONSUL)


def _annotation(option: Option) -> tuple[str, ...]:
    guards = "yes" if option.guards else ""
    places = ", ".join((option.scope, *option.also))
    return f"`{PREFIX}{option.name}`", places, guards, option.sentence


if __name__ == "__main__":
    print(page(), end="")

"""Every module can be the first of ours that a process imports, compiled or not."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import discovery
import ingress

ROOTS = [Path(package.__path__[0]) for package in (ingress, discovery)]
CIMPORT = re.compile(r"^from (\S+) cimport", re.MULTILINE)

EACH_ALONE = """
import os
import sys
from importlib import import_module

for name in sys.argv[1:]:
    if not os.fork():
        try:
            import_module(name)
        except ImportError as error:
            print(f"{name}: {error}", flush=True)
        os._exit(0)
    os.wait()
"""


def uses() -> dict[str, set[str]]:
    """Of each module, those that come in with it; with a compiled one those of its types too."""
    found = {}
    for root in ROOTS:
        for path in sorted(root.rglob("*.py")):
            name = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
            found[name] = set(imported(path))
    return {name: used & found.keys() for name, used in found.items()}


def imported(path: Path) -> Iterator[str]:
    """Names of modules, and of what is taken from them, as that may be a module."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Import):
            yield from (each.name for each in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            yield statement.module
            yield from (f"{statement.module}.{each.name}" for each in statement.names)
    types = path.with_suffix(".pxd")
    if types.exists():
        yield from CIMPORT.findall(types.read_text())


def in_a_circle(name: str, used_by: Mapping[str, set[str]]) -> bool:
    """It comes back to itself; any other module cannot but be imported after what it uses."""
    seen: set[str] = set()
    ahead = set(used_by[name])
    while ahead:
        seen.add(module := ahead.pop())
        ahead |= used_by[module] - seen
    return name in seen


def test_each_module_can_be_imported_before_all_others() -> None:
    used_by = uses()
    circles = [name for name in used_by if in_a_circle(name, used_by)]
    assert "ingress.proxy.exchange" in circles
    command = [sys.executable, "-c", EACH_ALONE, *circles]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert found.stdout == ""

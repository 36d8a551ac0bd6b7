"""The `.pxd` files, which give a compiler the types of the data plane, name what the classes have."""

import ast
import re
from pathlib import Path

import pytest

import ingress

FOLDER = Path(ingress.__file__).parent
CLASS = re.compile(r"^cdef class (\w+).*:\n((?:    .*\n|\n)+)", re.MULTILINE)
ATTRIBUTE = re.compile(r"^    cdef (?:public )?[\w ]+(?:\[::1\])? (\w+)$", re.MULTILINE)


def attributes(node: ast.ClassDef) -> set[str]:
    """Its slots, or where there are none what its methods assign."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__slots__":
            return set(ast.literal_eval(statement.value))
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute)
        and isinstance(each.ctx, ast.Store)
        and ast.unparse(each.value) == "self"
    }


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.pxd")), ids=lambda path: path.stem)
def test_the_types_for_the_compiler_name_each_attribute(path: Path) -> None:
    tree = ast.parse(path.with_suffix(".py").read_text())
    written = {node.name: attributes(node) for node in tree.body if isinstance(node, ast.ClassDef)}
    for name, body in CLASS.findall(path.read_text()):
        assert set(ATTRIBUTE.findall(body)) == written[name]

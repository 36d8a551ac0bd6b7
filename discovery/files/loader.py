"""The YAML reader: the values that JSON has, and an error where a text can be read in two ways."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError, SafeConstructor
from yaml.nodes import MappingNode, Node

_MERGE = "tag:yaml.org,2002:merge"

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Base):  # type: ignore[misc]
    """The fast loader where there is one."""

    def construct_mapping(self, node: Node, deep: bool = False) -> dict[Any, Any]:
        """A mapping, unless it says a key twice: of two rules that guard, one would be lost."""
        if isinstance(node, MappingNode):
            _refuse_twice(node)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


def _refuse_twice(node: MappingNode) -> None:
    seen = set()
    for key, _ in node.value:
        if key.tag == _MERGE:
            continue
        if key.value.__class__ is str and key.value in seen:
            raise ConstructorError(None, None, f'key "{key.value}" is there twice', key.start_mark)
        seen.add(key.value if key.value.__class__ is str else id(key))


# A date stays the text it is, as in Kubernetes.
Loader.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)

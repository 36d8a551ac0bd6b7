"""Nesting: whether a text is too deep for the YAML reader, which is written in C and recurses."""

import re
from typing import Final

import yaml

from discovery.files.loader import Loader

MOST: Final = 200
"""Deeper than any object of Kubernetes is, and far from where the C stack ends."""

# Each level of block style needs a column of its own: a blank, or one of these marks.
_LEADING: Final = re.compile(rb"^[ \t\-?:]{%d,}" % MOST, re.MULTILINE)


def is_too_deep(text: bytes) -> bool:
    """Whether the text nests deeper than MOST levels. Errors in it are for the reader to find."""
    openings = text.count(b"[") + text.count(b"{")
    if openings < MOST and not _LEADING.search(text):
        return False
    return _depth_exceeds(text, MOST)


def _depth_exceeds(text: bytes, most: int) -> bool:
    depth = 0
    try:
        for event in yaml.parse(text, Loader=Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > most:
                return True
    except (yaml.YAMLError, ValueError):
        return False
    return False

"""Documents: the values in the text of a file, one after the other, each with its line."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import yaml

from discovery.files.loader import Loader
from discovery.files.manifest import Complaint
from discovery.files.nesting import MOST, is_too_deep
from discovery.yaml_error import yaml_flaw

# YAML 1.2, 9.1.2: three dashes at the start of a line are a boundary wherever they are.
_BOUNDARY: Final = re.compile(rb"^(?=---(?:[ \t\r\n]|\Z))", re.MULTILINE)
_DIRECTIVE: Final = re.compile(rb"^%", re.MULTILINE)


class Chunk(NamedTuple):
    """A part of a file that can be read by itself."""

    text: bytes
    line: int
    """The line of the file that it starts at, counted from 1."""


def chunks(text: bytes) -> Iterator[Chunk]:
    """The text, cut where a YAML document ends."""
    # A directive belongs to the document behind the next boundary: rare, so such a file stays whole.
    parts = [text] if _DIRECTIVE.search(text) else _BOUNDARY.split(text)
    line = 1
    for part in parts:
        if part.strip():
            yield Chunk(part, line)
        line += part.count(b"\n")


def read_yaml(text: bytes) -> list[Any] | Complaint:
    """The values of a part, or why it cannot be read; lines are counted from the start of the part."""
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return Complaint(_line(text, error.start), "", f"not UTF-8: {error.reason}")
    if is_too_deep(text):
        return Complaint(1, "", f"nested deeper than {MOST} levels")
    try:
        return [value for value in yaml.load_all(text, Loader=Loader) if value is not None]
    except yaml.MarkedYAMLError as error:
        flaw = yaml_flaw(error)
        return Complaint(flaw.line, "", f"column {flaw.column}: not YAML: {flaw.reason}")
    except yaml.reader.ReaderError as error:
        return Complaint(_line(text, error.position), "", f"not YAML: {error.reason}")
    except (ValueError, RecursionError) as error:
        return Complaint(1, "", f"not YAML: {error}")


def read_json(text: bytes) -> list[Any] | Complaint:
    """The one value of a JSON file, or why it cannot be read."""
    try:
        return [msgspec.json.decode(text)]
    except (msgspec.DecodeError, RecursionError) as error:
        found = re.search(r"\(byte (\d+)\)", str(error))
        return Complaint(_line(text, int(found[1])) if found else 1, "", f"not JSON: {error}")


def _line(text: bytes, position: int) -> int:
    return text.count(b"\n", 0, position) + 1

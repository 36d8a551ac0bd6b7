"""Reading a file: from its text to its manifest, at the cost of what has changed in it."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from discovery.files.documents import Chunk, chunks, read_json, read_yaml
from discovery.files.manifest import Complaint, Item, Manifest, succeed
from discovery.files.objects import Broken, objects

SUFFIXES = (".yaml", ".yml", ".json")

Read = Callable[[bytes], list[Any] | Complaint]


class Reading(Struct, frozen=True):
    """What a file says, and what each part of its text was read as."""

    manifest: Manifest
    parts: Mapping[bytes, Manifest]


def read(path: str, text: bytes, previous: Reading | None = None) -> Reading:
    """What the text of a file says, given what the file said before."""
    if not text.strip():
        return _read_nothing(previous)
    whole = path.endswith(".json")
    known = previous.parts if previous else {}
    parts: dict[bytes, Manifest] = {}
    found = []
    for chunk in (Chunk(text, 1),) if whole else chunks(text):
        part = known.get(chunk.text) or _read_part(chunk.text, read_json if whole else read_yaml)
        parts[chunk.text] = part
        found.append(_moved(part, chunk.line - 1))
    return Reading(succeed(previous.manifest if previous else None, _joined(found)), parts)


def _read_nothing(previous: Reading | None) -> Reading:
    # Whoever writes a file empties it first. That it is empty says nothing of its objects.
    if previous is None or not previous.manifest.items:
        return Reading(Manifest(), {})
    reason = "empty: its objects stay as they were; delete the file to remove them"
    emptied = Manifest(complaints=(Complaint(0, "", reason),), unreadable=True)
    return Reading(succeed(previous.manifest, emptied), previous.parts)


def _read_part(text: bytes, reader: Read) -> Manifest:
    values = reader(text)
    if isinstance(values, Complaint):
        return Manifest(complaints=(values,), unreadable=True)
    line = _first_line(text)
    return _manifest([found for value in values for found in objects(value, line)])


def _manifest(found: list[Item | Broken]) -> Manifest:
    broken = [each for each in found if isinstance(each, Broken)]
    return Manifest(
        tuple(each for each in found if isinstance(each, Item)),
        tuple(each.complaint for each in broken),
        frozenset(each.identity for each in broken if each.identity),
        unreadable=any(each.identity is None for each in broken),
    )


def _first_line(text: bytes) -> int:
    """The line of a part at which its first value starts: behind the dashes, blanks and comments."""
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.strip() and not line.startswith((b"---", b"#")):
            return number
    return 1


def _moved(manifest: Manifest, lines: int) -> Manifest:
    """The manifest of a part, with the lines of the file."""
    return replace(
        manifest,
        items=tuple(replace(item, line=item.line + lines) for item in manifest.items),
        complaints=tuple(replace(each, line=each.line + lines) for each in manifest.complaints),
    )


def _joined(manifests: list[Manifest]) -> Manifest:
    return Manifest(
        tuple(item for each in manifests for item in each.items),
        tuple(complaint for each in manifests for complaint in each.complaints),
        frozenset(identity for each in manifests for identity in each.broken),
        unreadable=any(each.unreadable for each in manifests),
    )

"""The objects in the values of a file: their identity, and what of them cannot be read."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, NamedTuple

import msgspec

from discovery.files.manifest import Complaint, Identity, Item, spoken
from discovery.kubernetes.objects import KINDS, Kind

_BY_MANIFEST: Final[Mapping[str, Kind]] = {kind.singular: kind for kind in KINDS.values()}
_BY_LOWER_CASE: Final[Mapping[str, Kind]] = {kind.singular.lower(): kind for kind in KINDS.values()}
_VERSIONS: Final = tuple({kind.group for kind in KINDS.values()})
# Kinds of these versions that are not read, or as lists without items, and spelled much like others.
_OTHER_KINDS: Final = frozenset({"Endpoints", "ServiceAccount", "ServiceCIDR", *_BY_MANIFEST})
_LONGEST_KIND: Final = 63
# Kubernetes keeps groups without a dot and those under this name for itself: nobody else's objects have
# them, so a kind of ours in such a group is one in the wrong group, or in one of a version that is gone.
_OF_KUBERNETES: Final = ".k8s.io"
_DEFAULT_NAMESPACE: Final = "default"
_WHERE: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_TEXTS: Final = ("annotations", "labels")


class Broken(NamedTuple):
    """An object that cannot be read, and why. No identity: nobody knows which one it is."""

    identity: Identity | None
    complaint: Complaint


def objects(value: Any, line: int) -> Iterator[Item | Broken]:
    """The objects of a document: one, or those of a List. Kinds that are not read are passed over."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        yield _complain(line, "", "not an object of Kubernetes: it has no kind")
    elif value["kind"].endswith("List") and "items" in value:
        yield from _items(value["items"], line)
    elif kind := _BY_MANIFEST.get(value["kind"]):
        yield from _object(kind, value, line)
    elif meant := _misspelt(value):
        yield _no_kind(meant, value, line)


def _items(items: Any, line: int) -> Iterator[Item | Broken]:
    if items is not None and not isinstance(items, list):
        yield _complain(line, "", "items: expected a list")
        return
    for item in items or ():
        yield from objects(item, line)


def _object(kind: Kind, value: dict[str, Any], line: int) -> Iterator[Item | Broken]:
    version = value.get("apiVersion")
    if version != kind.group and not _is_meant(kind, version):
        return
    identity = _identity(kind, value)
    if identity is None:
        yield _complain(line, kind.singular.lower(), "metadata.name: missing, or not a text")
    elif version != kind.group:
        written = str(version or "missing")[:_LONGEST_KIND]
        reason = f"apiVersion: {written} is not read; {kind.group} is"
        yield Broken(identity, Complaint(line, spoken(kind.singular, *identity[1:]), reason))
    else:
        metadata = value["metadata"] | {"namespace": identity[1]}
        yield _convert(kind, value | {"metadata": metadata}, identity, line)


def _identity(kind: Kind, value: dict[str, Any]) -> Identity | None:
    """Which object it is; None: it has no name."""
    metadata = value.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    name = metadata.get("name")
    if not isinstance(name, str) or not name:
        return None
    namespace = (metadata.get("namespace") or _DEFAULT_NAMESPACE) if kind.namespaced else ""
    return kind.name, str(namespace), name


def _misspelt(value: dict[str, Any]) -> Kind | None:
    """The kind that was probably meant by one that is not there in Kubernetes."""
    name = value["kind"]
    if value.get("apiVersion") not in _VERSIONS or name.removesuffix("List") in _OTHER_KINDS:
        return None
    near = get_close_matches(name[:_LONGEST_KIND].lower(), _BY_LOWER_CASE, n=1, cutoff=0.8)
    return _BY_LOWER_CASE[near[0]] if near else None


def _no_kind(meant: Kind, value: dict[str, Any], line: int) -> Broken:
    """The object is taken for one of the kind that was meant, so its last good version stays."""
    identity = _identity(meant, value)
    subject = spoken(meant.singular, *identity[1:]) if identity else ""
    written = value["kind"][:_LONGEST_KIND]
    return Broken(identity, Complaint(line, subject, f'no kind "{written}"; did you mean {meant.singular}?'))


def _is_meant(kind: Kind, version: Any) -> bool:
    """Whether it is a kind of ours under a wrong version, rather than another's kind of the same name,
    such as a Service of Knative."""
    if not isinstance(version, str) or not version:
        return True
    group, _, _ = version.rpartition("/")
    return "." not in group or group.endswith(_OF_KUBERNETES)


def _convert(kind: Kind, value: dict[str, Any], identity: Identity, line: int) -> Item | Broken:
    try:
        return Item(identity, line, msgspec.convert(value, kind.type))
    except (msgspec.ValidationError, RecursionError) as error:
        reason = _unquoted(value["metadata"]) or _reason(str(error))
        return Broken(identity, Complaint(line, spoken(kind.singular, *identity[1:]), reason))


def _reason(text: str) -> str:
    """`$.spec.rules[0].host: Expected str, got int`."""
    found = _WHERE.match(text)
    if found is None:
        return text
    what = found["what"].replace("`", "")
    return f"{found['path']}: {what}" if found["path"] else what


def _unquoted(metadata: dict[str, Any]) -> str:
    """What to say of `headgate.dev/tcp: 3306`, the one mistake that everybody makes."""
    for field in _TEXTS:
        texts = metadata.get(field)
        for key, text in texts.items() if isinstance(texts, dict) else ():
            if not isinstance(text, str):
                return f"metadata.{field}: {key}: expected a text, got {_shown(text)}; put it in quotes"
    return ""


def _shown(value: Any) -> str:
    shown = msgspec.json.encode(value).decode() if isinstance(value, bool | int | float | None) else ""
    return shown[:50] or f"a {type(value).__name__}"


def _complain(line: int, subject: str, reason: str) -> Broken:
    return Broken(None, Complaint(line, subject, reason))

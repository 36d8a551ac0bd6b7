"""Events of a watch and pages of a list: JSON in, typed objects out."""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct, field

from discovery.kubernetes.objects import Kind, KubernetesObject
from discovery.kubernetes.refusal import MALFORMED, Refusal, refusal_of_event

Key = tuple[str, str]
"""Namespace and name."""
INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"


class GarbageError(ValueError):
    """What came is not what an API server says."""


class RefusedError(Exception):
    """The API server ended the watch with an ERROR event."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Put(Struct, frozen=True, gc=False):
    """An object is new or has changed."""

    key: Key
    version: str
    obj: KubernetesObject


class Drop(Struct, frozen=True, gc=False):
    """An object is gone."""

    key: Key
    version: str


class Unreadable(Struct, frozen=True, gc=False):
    """An object is new or has changed, and its content is not what its kind prescribes."""

    key: Key
    version: str
    reason: str


class Bookmark(Struct, frozen=True, gc=False):
    """Everything up to this version has been said."""

    version: str
    complete: bool
    """The initial events end here."""


Event = Put | Drop | Unreadable | Bookmark


class Page(Struct, frozen=True):
    """A part of a list."""

    items: list[Raw]
    version: str
    token: str
    """Asks for the next page; empty on the last one."""


class _Meta(Struct, frozen=True, rename="camel"):
    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    annotations: dict[str, str] | None = None


class _AnyObject(Struct, frozen=True):
    metadata: _Meta


class _AnyEvent(Struct, frozen=True):
    type: str
    object: Raw


class _ListMeta(Struct, frozen=True, rename="camel"):
    resource_version: str = ""
    token: str = field(default="", name="continue")


class _List(Struct, frozen=True):
    metadata: _ListMeta
    items: list[Raw] | None = None


class Decoder:
    """Reads the events and objects of one kind."""

    def __init__(self, kind: Kind) -> None:
        self._event = msgspec.json.Decoder(
            msgspec.defstruct("TypedEvent", [("type", str), ("object", kind.type)], frozen=True)
        )
        self._object = msgspec.json.Decoder(kind.type)

    def event(self, line: bytes) -> Event:
        """One line of a watch. Raises GarbageError, and RefusedError for an ERROR event."""
        try:
            event: Any = self._event.decode(line)
        except MALFORMED:
            return self._odd_event(line)
        if event.type in {"ADDED", "MODIFIED"}:
            return _put(event.object)
        return self._odd_event(line)

    def item(self, data: Raw) -> Put | Unreadable:
        """One object of a list."""
        try:
            return _put(self._object.decode(data))
        except MALFORMED as error:
            meta = _meta(data)
            if not meta.name:
                raise GarbageError("an object without a name") from None
            return Unreadable((meta.namespace, meta.name), meta.resource_version, str(error))

    def _odd_event(self, line: bytes) -> Event:
        try:
            event = msgspec.json.decode(line, type=_AnyEvent)
        except MALFORMED as error:
            raise GarbageError(f"an event that is none: {error}") from None
        if event.type == "ERROR":
            raise RefusedError(refusal_of_event(bytes(event.object)))
        if event.type == "BOOKMARK":
            return _bookmark(_meta(event.object))
        if event.type == "DELETED":
            meta = _meta(event.object)
            return Drop((meta.namespace, meta.name), meta.resource_version)
        if event.type not in {"ADDED", "MODIFIED"}:
            raise GarbageError(f"an event of an unknown type: {event.type[:40]!r}")
        return self.item(event.object)


def page_of(body: bytes) -> Page:
    """Read one page of a list. Raises GarbageError."""
    try:
        page = msgspec.json.decode(body, type=_List)
    except MALFORMED as error:
        raise GarbageError(f"a list that is none: {error}") from None
    if not page.metadata.resource_version:
        raise GarbageError("a list without a resource version")
    return Page(page.items or [], page.metadata.resource_version, page.metadata.token)


def _put(obj: Any) -> Put | Unreadable:
    meta = obj.metadata
    if not meta.name:
        raise GarbageError("an object without a name")
    return Put((meta.namespace, meta.name), meta.resource_version, obj)


def _meta(data: Raw) -> _Meta:
    try:
        return msgspec.json.decode(data, type=_AnyObject).metadata
    except MALFORMED as error:
        raise GarbageError(f"an object without metadata: {error}") from None


def _bookmark(meta: _Meta) -> Bookmark:
    return Bookmark(meta.resource_version, (meta.annotations or {}).get(INITIAL_EVENTS_END) == "true")

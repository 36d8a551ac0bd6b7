"""A manifest: the objects of one file, and what of the file cannot be read."""

from msgspec import Struct

from discovery.kubernetes.objects import KubernetesObject

Identity = tuple[str, str, str]
"""Kind (a key of KINDS), namespace and name."""


class Item(Struct, frozen=True, gc=False):
    """An object, and where in the file it is."""

    identity: Identity
    line: int
    object: KubernetesObject


class Complaint(Struct, frozen=True, order=True):
    """What of a file cannot be read."""

    line: int
    """Counted from 1; 0: the file as a whole."""
    subject: str
    """The object: `ingress team-a/shop`; empty: a document, or the file."""
    reason: str

    def __str__(self) -> str:
        """`line 12: expected ...`."""
        return f"line {self.line}: {self.reason}" if self.line else self.reason


class Manifest(Struct, frozen=True):
    """What one file says."""

    items: tuple[Item, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    broken: frozenset[Identity] = frozenset()
    """Objects that are there, but cannot be read."""
    unreadable: bool = False
    """A document of it, or all of it, is no YAML or JSON: nobody knows what else is in it."""


EMPTY = Manifest()


def succeed(previous: Manifest | None, new: Manifest) -> Manifest:
    """What a file says now, in the place of what it said: a file that cannot be read goes on saying
    what it said last, and so does each object of it that cannot be read."""
    if previous is None:
        return new
    if new.unreadable and previous.items:
        return Manifest(previous.items, new.complaints, previous.broken | new.broken, unreadable=True)
    kept = tuple(item for item in previous.items if item.identity in new.broken)
    return Manifest(new.items + kept, new.complaints, new.broken, new.unreadable)


def spoken(kind: str, namespace: str, name: str) -> str:
    """`ingress team-a/shop`; `kind` as the manifest has it."""
    return f"{kind.lower()} {namespace}/{name}" if namespace else f"{kind.lower()} {name}"

"""The inventory: the objects of all files by identity, and who has those that are in several."""

from collections.abc import Iterator

from discovery.assemble.contest import Bid, Contests
from discovery.assemble.ledger import Difference, Ledger
from discovery.files.manifest import Complaint, Identity, Item, Manifest, spoken
from discovery.kubernetes.objects import KINDS, KubernetesObject
from discovery.source import NOTHING_UNREAD, Unread
from ingress.model.route import Origin


class Inventory:
    """What all files say. An object that is in several files is taken from the first by path."""

    def __init__(self) -> None:
        self._files: dict[str, Manifest] = {}
        self._flawed: dict[str, Manifest] = {}
        """Those of which not all can be read."""
        self._contests: Contests[Identity, Item] = Contests()
        self._ledger: Ledger[Identity, KubernetesObject] = Ledger(self._holder)

    def put(self, path: str, manifest: Manifest | None) -> None:
        """What a file says now; None: it is gone."""
        before = self._files.pop(path, Manifest())
        self._flawed.pop(path, None)
        for bid in _bids(path, before):
            self._contests.withdraw(bid.value.identity, bid)
            self._ledger.touch(bid.value.identity)
        if manifest is None:
            return
        self._files[path] = manifest
        if manifest.complaints:
            self._flawed[path] = manifest
        for bid in _bids(path, manifest):
            self._contests.enter(bid.value.identity, bid)
            self._ledger.touch(bid.value.identity)

    def settle(self) -> Iterator[Difference[Identity, KubernetesObject]]:
        """The objects that are new, different or gone since the last time."""
        return self._ledger.settle()

    def complaints(self) -> dict[str, tuple[Complaint, ...]]:
        """What cannot be read of each file of which there is such a thing."""
        found = {path: [*each.complaints] for path, each in self._flawed.items()}
        for identity, bids in self._contests.contested():
            for loser in bids[1:]:
                found.setdefault(str(loser.rank[0]), []).append(_twice(identity, bids[0], loser))
        return {path: tuple(sorted(complaints)) for path, complaints in found.items()}

    def unread(self, source: str) -> Unread:
        """What may be in the files beside that which can be read of them."""
        broken = [identity for each in self._flawed.values() for identity in each.broken]
        everything = any(each.unreadable for each in self._flawed.values())
        if not broken and not everything:
            return NOTHING_UNREAD
        # Of a slice that cannot be read nobody knows whose endpoints are in it.
        namespaces = frozenset(namespace for kind, namespace, _ in broken if kind == "endpointslices")
        objects = frozenset(
            Origin(source, KINDS[kind].singular.lower(), namespace, name) for kind, namespace, name in broken
        )
        return Unread(everything, namespaces, objects)

    def path(self, identity: Identity) -> str:
        """The file that an object is taken from; empty: there is no such object."""
        bid = self._contests.best(identity)
        return str(bid.rank[0]) if bid else ""

    def line(self, identity: Identity) -> int:
        """The line of that file; 0: there is no such object."""
        bid = self._contests.best(identity)
        return bid.value.line if bid else 0

    @property
    def objects(self) -> int:
        """How many objects there are."""
        return len(self._ledger.told)

    @property
    def files(self) -> int:
        """How many files have been read."""
        return len(self._files)

    def _holder(self, identity: Identity) -> KubernetesObject | None:
        item = self._contests.holder(identity)
        return item.object if item else None


def _bids(path: str, manifest: Manifest) -> Iterator[Bid[Item]]:
    for index, item in enumerate(manifest.items):
        yield Bid((path, index), item)


def _twice(identity: Identity, winner: Bid[Item], loser: Bid[Item]) -> Complaint:
    kind, namespace, name = identity
    where = f"{winner.rank[0]}, line {winner.value.line}"
    reason = f"already in {where}, which comes first; this one is not used"
    return Complaint(loser.value.line, spoken(KINDS[kind].singular, namespace, name), reason)

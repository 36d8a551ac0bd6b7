"""How many connections a worker has with each client."""

from collections.abc import Iterable

from ingress.acl.network import masks_of


class Crowd:
    """How many connections come from each address."""

    __slots__ = ("_by_address", "_most", "_spared")

    def __init__(self, most: int, spared: Iterable[str] = ()) -> None:
        """`spared`: networks whose connections have no limit."""
        self._most = most
        self._spared = masks_of(spared)
        self._by_address: dict[bytes, int] = {}

    def spares(self, address: bytes) -> bool:
        """Whether connections from a packed address have no limit."""
        return self._spared[len(address)].hold(address)

    def enter(self, address: bytes) -> bool:
        """Count one more; False if that is one too many."""
        count = self._by_address[address] = self._by_address.get(address, 0) + 1
        return count <= self._most

    def leave(self, address: bytes) -> None:
        """Count one less."""
        left = self._by_address[address] - 1
        if left:
            self._by_address[address] = left
        else:
            del self._by_address[address]

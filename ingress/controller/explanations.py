"""Accounts of real requests that workers have told, the latest of them."""

from typing import Final

from ingress.model.explanation import Explanation

KEPT: Final = 50


class Explanations:
    """The latest accounts, by their ids."""

    def __init__(self) -> None:
        self._kept: dict[str, Explanation] = {}

    def put(self, told: Explanation) -> None:
        """A worker has told one."""
        self._kept.pop(told.id, None)
        self._kept[told.id] = told
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def get(self, name: str) -> Explanation | None:
        """The account of that id; None: there is none, or none any more."""
        return self._kept.get(name)

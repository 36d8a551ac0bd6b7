"""What a request says in one field, for tests that ask it of all requests."""

from collections.abc import Sequence
from typing import Any

from ingress.acl.sample import Request


class Said:
    """The values of a field as one text, a value a line: no value has a line end in it."""

    __slots__ = ("_name", "_noted", "_place")

    def __init__(self, name: bytes) -> None:
        """The name is in lower case."""
        self._name = name
        self._noted: Any = None
        """The notes among which the place is."""
        self._place = -1
        """Where its values are at hand; -1: they are not."""

    def by(self, request: Request) -> bytes | None:
        """What the request says, as edited so far; None: it has no such field."""
        if request.noted is not self._noted:
            self._find(request)
        if self._place < 0 or request.edits is not None:
            return _joined(request.values(self._name))
        said = request.notes[self._place]
        return _joined(said) if type(said) is list else said

    def _find(self, request: Request) -> None:
        self._noted = request.noted
        note = request.noted.get(self._name)
        self._place = -1 if note is None else note.place


def _joined(values: Sequence[bytes]) -> bytes | None:
    return b"\n".join(values) if values else None

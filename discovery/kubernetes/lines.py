"""Lines out of a byte stream, however the pieces were cut."""


class LineTooLongError(ValueError):
    """A line is longer than any object can be."""


class Lines:
    """Takes pieces of a stream and gives its whole lines."""

    def __init__(self, limit: int = 16 * 1024 * 1024) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their ends; empty ones are left out."""
        first, end, rest = data.partition(b"\n")
        self._keep(first)
        if not end:
            return []
        lines = [b"".join(self._pieces), *rest.split(b"\n")]
        self._pieces, self._size = [], 0
        self._keep(lines.pop())
        return [line for line in lines if line and not line.isspace()]

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise LineTooLongError(f"a line of more than {self._limit} bytes")
        if piece:
            self._pieces.append(piece)

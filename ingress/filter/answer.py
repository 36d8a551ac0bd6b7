"""An answer of the proxy itself, open to rules about answers."""

from dataclasses import replace
from typing import Final

from ingress.filter.reply import Reply

_OURS: Final = (b"content-length", b"date", b"x-headgate-reason")


class Answer:
    """A reply as rules see it: status and fields, which they may change."""

    __slots__ = ("_lines", "_reply", "phrase", "status")

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.status = reply.status
        self.phrase = reply.phrase
        pairs = (line.partition(b": ") for line in reply.headers.split(b"\r\n")[:-1])
        self._lines = [(name, value) for name, _, value in pairs]

    def values(self, name: bytes) -> list[bytes]:
        """The values of all fields of that lower-case name."""
        return [value for key, value in self._lines if key.lower() == name]

    def names(self) -> list[bytes]:
        """The lower-case names of all fields."""
        return list(dict.fromkeys(key.lower() for key, _ in self._lines))

    def edit(self, name: bytes, values: list[bytes]) -> None:
        """Send these values and no others of that name."""
        lower = name.lower()
        if lower in _OURS:
            return
        self._lines = [line for line in self._lines if line[0].lower() != lower]
        self._lines += [(name, value) for value in values]

    def set_status(self, status: int, phrase: bytes = b"") -> None:
        """Answer with another status."""
        self.status, self.phrase = status, phrase

    def reply(self) -> Reply:
        """The reply as the rules have left it."""
        headers = b"".join(b"%b: %b\r\n" % line for line in self._lines)
        return replace(self._reply, status=self.status, phrase=self.phrase, headers=headers)

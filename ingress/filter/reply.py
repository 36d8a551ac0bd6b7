"""An answer that the proxy makes itself."""

from dataclasses import dataclass
from enum import IntEnum
from http import HTTPStatus
from typing import Final

from ingress.model.reason import Reason

PHRASES: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_WITHOUT_LENGTH: Final = (204, 304)
_TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n"


class Manner(IntEnum):
    """How an answer is given."""

    ANSWER = 0
    DELAY = 1
    """After some seconds."""
    CLOSE = 2
    """Not at all: the connection is closed."""
    VANISH = 3
    """Not at all, and the client is not told that the connection is gone."""
    WAIT = 4
    """Not yet: it is not known what becomes of the request."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, reason and content of an answer; framing and reason field are added on the way out."""

    status: int
    reason: Reason
    headers: bytes = b""
    """Ready lines: `Location: /x\\r\\n`."""
    body: bytes = b""
    """Plain text where no headers say otherwise."""
    manner: Manner = Manner.ANSWER
    phrase: bytes = b""
    """Behind the status; empty: the usual one."""
    finished: bool = False
    """The rules about all answers have seen it."""

    def render(self, fields: bytes = b"", *, head_only: bool = False) -> bytes:
        """The answer on the wire, with the ready lines `fields` of whoever sends it."""
        status = self.status
        kind = _TEXT if self.body and b"content-type:" not in self.headers.lower() else b""
        length = b"" if status in _WITHOUT_LENGTH else b"Content-Length: %d\r\n" % len(self.body)
        return b"HTTP/1.1 %d %b\r\n%b%b%b%bX-Headgate-Reason: %b\r\n\r\n%b" % (
            status,
            self.phrase or PHRASES.get(status, b""),
            fields,
            length,
            kind,
            self.headers,
            self.reason.encode(),
            b"" if head_only else self.body,
        )


def in_words(status: int, reason: Reason, detail: str = "") -> Reply:
    """An answer that says why it is given: by the detail, or by what the reason means."""
    detail = detail or reason.meaning.partition(": ")[2]
    return Reply(status, reason, body=f"{reason}: {detail}\n".encode())

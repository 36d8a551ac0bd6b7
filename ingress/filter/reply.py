"""An answer that the proxy makes itself."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from ingress.model.reason import Reason

_PHRASES: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_WITHOUT_LENGTH: Final = (204, 304)
_TEXT: Final = b"Content-Type: text/plain; charset=utf-8\r\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, reason and content of an answer; framing and reason field are added on the way out."""

    status: int
    reason: Reason
    headers: bytes = b""
    """Ready lines: `Location: /x\\r\\n`."""
    body: bytes = b""
    """Plain text where no headers say otherwise."""

    def render(self, fields: bytes = b"", *, head_only: bool = False) -> bytes:
        """The answer on the wire, with the ready lines `fields` of whoever sends it."""
        status = self.status
        kind = _TEXT if self.body and not self.headers else b""
        length = b"" if status in _WITHOUT_LENGTH else b"Content-Length: %d\r\n" % len(self.body)
        return b"HTTP/1.1 %d %b\r\n%b%b%b%bX-Headgate-Reason: %b\r\n\r\n%b" % (
            status,
            _PHRASES.get(status, b""),
            fields,
            length,
            kind,
            self.headers,
            self.reason.encode(),
            b"" if head_only else self.body,
        )

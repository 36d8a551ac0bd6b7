"""An API server's "no": the status of an answer or of an ERROR event, as far as it decides what to do."""

from typing import Final

import msgspec
from msgspec import Struct

MALFORMED: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not the JSON that was asked for."""
_SHOWN: Final = 200


class Details(Struct, frozen=True, rename="camel"):
    """The part of a Status that says when to come back."""

    retry_after_seconds: int | None = None


class StatusObject(Struct, frozen=True, rename="camel"):
    """A Status of the API (meta/v1), with the fields that are used."""

    code: int | None = None
    reason: str | None = None
    message: str | None = None
    details: Details | None = None


class Refusal(Struct, frozen=True):
    """Why a request, or a watch that had begun, was refused."""

    code: int
    message: str = ""
    retry_after: float | None = None
    in_stream: bool = False
    """It came as an event of a watch, not as the status of an answer."""

    @property
    def too_new(self) -> bool:
        """The resource version asked for is one that this API server has not reached."""
        return "Too large resource version" in self.message

    def __str__(self) -> str:
        """`403: ingresses is forbidden: ...`, in one line of bounded length."""
        text = " ".join(self.message.split())[:_SHOWN]
        return f"{self.code}: {text}" if text else str(self.code)


def refusal_of_answer(code: int, retry_after: str, body: bytes) -> Refusal:
    """Read the refusal out of an answer; a body that is no Status, such as a web page, is ignored."""
    status = _status(body)
    seconds = float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else None
    return Refusal(code, status.message or "", seconds if seconds is not None else _wait(status))


def refusal_of_event(obj: bytes) -> Refusal:
    """Read the refusal out of the object of an ERROR event."""
    status = _status(obj)
    code = status.code or 500
    if status.reason in {"Expired", "Gone"}:
        code = 410
    return Refusal(code, status.message or status.reason or "", _wait(status), in_stream=True)


def _status(data: bytes) -> StatusObject:
    try:
        return msgspec.json.decode(data, type=StatusObject)
    except MALFORMED:
        return StatusObject()


def _wait(status: StatusObject) -> float | None:
    seconds = status.details.retry_after_seconds if status.details else None
    return float(seconds) if seconds else None

"""Frames on the stream between controller and worker: a length of four bytes, then one message."""

from typing import Final

from msgspec.msgpack import Decoder, Encoder

from ingress.model.change import FromWorker, ToWorker

LONGEST: Final = 64 * 1024 * 1024
"""Bytes of one message. A longer one is a fault of ours, not a thing to keep in memory."""
HEAD: Final = 4

ENCODER: Final = Encoder()
TO_WORKER: Final[Decoder[ToWorker]] = Decoder(ToWorker)
FROM_WORKER: Final[Decoder[FromWorker]] = Decoder(FromWorker)


def frame(message: ToWorker | FromWorker) -> bytes:
    """The message as it goes over the stream."""
    data = ENCODER.encode(message)
    if len(data) > LONGEST:
        raise ValueError(f"a message of {len(data)} bytes is over the limit")
    return len(data).to_bytes(HEAD, "little") + data


class FrameReader:
    """Puts payloads together again, wherever the reads cut the stream."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that are complete with these bytes. ValueError: a frame over the limit."""
        self._rest += data
        payloads, at = [], 0
        while (end := self._end(at)) <= len(self._rest):
            payloads.append(bytes(self._rest[at + HEAD : end]))
            at = end
        del self._rest[:at]
        return payloads

    def _end(self, at: int) -> int:
        """Where the frame that begins at `at` ends, or as much as is known of that."""
        if len(self._rest) < at + HEAD:
            return at + HEAD
        size = int.from_bytes(self._rest[at : at + HEAD], "little")
        if size > LONGEST:
            raise ValueError(f"a frame of {size} bytes is over the limit")
        return at + HEAD + size

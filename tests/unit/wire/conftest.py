"""What tests of the wire share: the request side as a caller uses it, fed piece by piece."""

from collections.abc import Callable

import pytest

from ingress.model.settings import Limits
from ingress.wire.partial import check_partial
from ingress.wire.request import Request, parse_request

Receive = Callable[..., Request | None]


@pytest.fixture
def receive() -> Receive:
    """Give pieces of bytes to the reader as a connection does; the first request, None if none is whole."""

    def receive(*pieces: bytes, limits: Limits | None = None) -> Request | None:
        limits = limits or Limits()
        data = b""
        for piece in pieces:
            data += piece
            data = data.removeprefix(b"\r\n")
            head, end, _ = data.partition(b"\r\n\r\n")
            if end:
                return parse_request(head + end, limits)
            check_partial(data, limits)
        return None

    return receive

"""HTTP/1: heads and bodies, as the proxy uses them."""

from ingress.wire.chunks import ChunkReader
from ingress.wire.message import CHUNKED, UNTIL_CLOSE
from ingress.wire.partial import check_partial, check_partial_response
from ingress.wire.refusal import Refusal, bad_response, too_large
from ingress.wire.request import Request, note, parse_request
from ingress.wire.response import Response, parse_response

__all__ = (
    "CHUNKED",
    "UNTIL_CLOSE",
    "ChunkReader",
    "Refusal",
    "Request",
    "Response",
    "bad_response",
    "check_partial",
    "check_partial_response",
    "note",
    "parse_request",
    "parse_response",
    "too_large",
)

"""The request line and its target (RFC 9112, 3): what is asked for, in which of the forms."""

import re
from typing import Final

from ingress.model.reason import Reason
from ingress.wire.grammar import is_token, table
from ingress.wire.refusal import Refusal, malformed

# Any visible ASCII but the fragment's mark, as clients send more than RFC 3986 allows in a query.
QUERY: Final = bytes(range(0x21, 0x7F)).replace(b"#", b"")
# In a path some servers take the backslash for a slash.
PATH: Final = QUERY.replace(b"\\", b"")
ONLY_PATH: Final = table(PATH)
ONLY_QUERY: Final = table(QUERY)

METHODS: Final = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"PATCH", b"OPTIONS"))
"""Those that need no check; any other token passes too, but for CONNECT."""

VERSIONS: Final = {b"HTTP/1.1": 1, b"HTTP/1.0": 0}
"""The minor version of those that are spoken."""

VERSION: Final = re.compile(rb"HTTP/[0-9]+(\.[0-9]+)?")
ABSOLUTE: Final = re.compile(rb"https?://([^/?]*)(.*)", re.IGNORECASE)


def split_request_line(line: bytes) -> tuple[bytes, bytes, int]:
    """Method, target and minor version of a request line, its target not empty and free of bad bytes."""
    try:
        method, target, version = line.split(b" ")
    except ValueError:
        raise malformed("the request line is not a method, a target and a version") from None
    minor = VERSIONS.get(version)
    if minor is None:
        raise _bad_version(version)
    if method not in METHODS:
        _check_method(method)
    if target.translate(ONLY_PATH) != target or not target:
        _check_odd_target(target)
    return method, target, minor


def escaped(text: bytes, allowed: bytes) -> bytes:
    """The text with every byte that is not allowed as `%XX`."""
    if not text.translate(None, allowed):
        return text
    return b"".join(bytes((byte,)) if byte in allowed else b"%%%02X" % byte for byte in text)


def _bad_version(version: bytes) -> Refusal:
    if VERSION.fullmatch(version):
        return Refusal(505, Reason.BAD_VERSION, "the version is neither HTTP/1.0 nor HTTP/1.1")
    return malformed("the request line does not end with a version")


def _check_method(method: bytes) -> None:
    if method == b"CONNECT":
        raise Refusal(501, Reason.NOT_IMPLEMENTED, "CONNECT is not served")
    if not is_token(method):
        raise malformed("the method is not a token")


def _check_odd_target(target: bytes) -> None:
    if not target:
        raise malformed("the request target is empty")
    path, _, query = target.partition(b"?")
    if path.translate(ONLY_PATH) != path or query.translate(ONLY_QUERY) != query:
        raise malformed("a byte that is not allowed in a request target")


def split_absolute(method: bytes, target: bytes) -> tuple[bytes, bytes]:
    """The authority of a target in absolute-form, and the same target in origin-form."""
    match = ABSOLUTE.fullmatch(target)
    if match is None:
        raise malformed("the request target is neither a path nor an http address")
    authority, rest = match.groups()
    if not authority or b"@" in authority:
        raise malformed("the request target has no host, or user information")
    if rest.startswith(b"/"):
        return authority, rest
    # RFC 9112, 3.2.4: an OPTIONS request about the server as a whole, as it is asked of a proxy.
    return authority, b"*" if method == b"OPTIONS" and not rest else b"/" + rest

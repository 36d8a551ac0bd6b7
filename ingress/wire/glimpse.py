"""What can be told of a request that was refused: for the log alone, as nothing of it was checked."""

import re
from typing import Final

from ingress.wire.grammar import is_token

LOOKED_AT: Final = 8 * 1024
"""Bytes from the beginning that are looked at."""
LONGEST: Final = 256
"""Bytes of each part that are told."""

HOST: Final = re.compile(rb"\nhost[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


def glimpse(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target and host as they seem to be said; empty, where they are not."""
    head = data[:LOOKED_AT].lstrip(b"\r\n").partition(b"\r\n\r\n")[0]
    line = head.partition(b"\n")[0].removesuffix(b"\r")
    method, _, rest = line.partition(b" ")
    if not is_token(method[:LONGEST]):
        return b"", b"", b""
    target = rest.partition(b" ")[0]
    host = HOST.search(head)
    return method[:LONGEST], target[:LONGEST], host[1].strip()[:LONGEST] if host else b""

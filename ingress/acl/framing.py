"""Header fields that belong to the connection: no rule sets or deletes them."""

from typing import Final

FRAMING: Final = (
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
)

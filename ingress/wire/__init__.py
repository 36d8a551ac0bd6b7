"""HTTP/1 as bytes in and decisions out, without I/O."""

# Compiled, `request_fields` needs the type of requests before its own functions are there, and requests need
# those functions. From this end the circle can be entered.
import ingress.wire.request  # noqa: F401

"""The scan of a head: where it ends, whether all its bytes are allowed, which of its lines mean something to
the proxy, and what is left of it without some of them.

There are two forms of it, as what is fast in C is slow in an interpreter and the other way round: byte
by byte where the data plane is compiled, else line by line. They say the same of every head.
"""

try:
    from ingress.wire.bytescan import after_head, scan, without
except ImportError:
    from ingress.wire.linescan import after_head, scan, without

__all__ = ("after_head", "scan", "without")

"""The scan of a head: are all its bytes allowed, and which of its lines mean something to the proxy.

There are two forms of it, as what is fast in C is slow in an interpreter and the other way round: byte
by byte where the data plane is compiled, else line by line. They say the same of every head.
"""

try:
    from ingress.wire.bytescan import scan
except ImportError:
    from ingress.wire.linescan import scan

__all__ = ("scan",)

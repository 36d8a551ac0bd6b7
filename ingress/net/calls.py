"""The calls to the kernel that each request and each connection need, on descriptors that never block.

There are two forms of them, which do the same: Python's own library, and for the compiled data plane the C
library without anything in between. They are all that Headgate leaves to either.
"""

try:
    from ingress.net.rawcalls import accept, connect, forget, receive, send
except ImportError:
    from ingress.net.socketcalls import accept, connect, forget, receive, send

__all__ = ("accept", "connect", "forget", "receive", "send")

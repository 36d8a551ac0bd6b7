"""How patient the network side of Kubernetes discovery is. All in seconds."""

from msgspec import Struct


class Timings(Struct, frozen=True):
    """The waits of a watch. The defaults suit a real API server."""

    connect: float = 10.0
    """For a connection, the TLS handshake included."""
    answer: float = 30.0
    """For the head of an answer, and between two pieces of a list."""
    silence: float = 150.0
    """Without a byte on a watch, after which it is taken for dead. Bookmarks come about once a minute."""
    initial: float = 60.0
    """For a stream to say that its initial events are complete."""
    watch: tuple[float, float] = (300.0, 600.0)
    """After how long the API server is asked to end a watch: between these two, at random."""
    brief: float = 1.0
    """A stream that ends sooner has failed, however politely it ended."""
    backoff: tuple[float, float] = (0.8, 30.0)
    """The first wait after a failure, and the longest."""
    healthy: float = 120.0
    """Without a failure, after which the wait starts small again."""
    refused: float = 30.0
    """The least wait after an answer that says "forbidden" or "no such kind"; the most is twice that."""
    retry_after: float = 120.0
    """The most that a Retry-After field is believed."""
    report: float = 1.0
    """Between two reports of an unchanged status, and between two looks at what time alone changes."""
    stretch: float = 0.004
    """Work done in one piece before other tasks get their turn."""

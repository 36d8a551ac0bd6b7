"""How patient the network side of Consul discovery is. All in seconds."""

from msgspec import Struct


class Timings(Struct, frozen=True):
    """The waits of blocking queries. The defaults suit a real agent."""

    connect: float = 5.0
    """For a connection, the TLS handshake included."""
    answer: float = 20.0
    """For an answer that nothing has to happen for."""
    wait: float = 55.0
    """How long the agent is asked to wait for a change; it adds up to a sixteenth."""
    late: float = 10.0
    """How much later than that an answer may have come, all of it."""
    spread: float = 0.2
    """The part of it by which waits differ, lest a thousand of them end in the same second."""
    backoff: tuple[float, float] = (0.2, 15.0)
    """The first wait after a failure, and the longest."""
    healthy: float = 120.0
    """Without a failure, after which the wait starts small again."""
    retry_after: float = 60.0
    """The most that a Retry-After field is believed."""
    burst: int = 5
    """Answers that are taken as fast as they come."""
    slowing: tuple[float, float] = (0.2, 5.0)
    """Between two answers after that: while they bring news, and at most while they bring none."""
    slowing_all: tuple[float, float] = (0.05, 1.0)
    """The same for what is asked about all services."""
    slowing_names: tuple[float, float] = (0.25, 1.0)
    """The same for the names of services and nodes. For those of services Consul looks at all instances, as
    soon as any of them changes: that is what holds up everything else that it is to answer then."""
    reading: float = 16e6
    """Bytes of answers to a question, in a second, that are not too much for agent and reader."""
    round: float = 60.0
    """In which each service is asked for once where there are too many for a loop each."""
    grace: float = 60.0
    """For who is missing after an outage, or after the index has gone backwards: the servers may have
    lost their data, and the agents register what runs on them anew."""
    stale: float = 10.0
    """How far behind its leader a server may be."""
    patience: float = 20.0
    """For the first answers, after which the rest does not wait for those that fail."""
    life_sign: float = 5.0
    """Between two for what is registered."""
    farewell: float = 1.0
    """For taking that back at the end."""
    hello: float = 5.0
    """For the agent to say how many connections it takes."""
    report: float = 1.0
    """Between two reports of an unchanged status."""

"""What all loops of a source have in common."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from discovery.consul.capacity import USUAL
from discovery.consul.flaps import Damping
from discovery.consul.query import BlockingQuery
from discovery.consul.question import Answer, Question, Topic
from discovery.consul.registry import Registry
from discovery.consul.timings import Timings
from discovery.trouble_log import TroubleLog

Ask = Callable[[Question], Awaitable[Answer]]


class Plan(Struct, frozen=True):
    """How loops ask, and whom they tell."""

    ask: Ask
    make_query: Callable[[Topic], BlockingQuery]
    registry: Registry
    settle: Callable[[], None]
    """To be called after each answer, good or bad."""
    timings: Timings
    troubles: TroubleLog
    damping: Damping = Damping()
    all_services: bool = False
    """Whether services without a tag of ours are followed too."""
    most_loops: Callable[[], int] = lambda: USUAL
    """How many services of a datacentre may have a loop each."""

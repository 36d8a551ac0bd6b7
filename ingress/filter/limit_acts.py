"""Limits: how many requests somebody may make, in a time or at a time."""

from collections.abc import Callable
from math import ceil
from typing import Any, Final, Protocol, cast

from ingress.acl.sample import Client, Type
from ingress.acl.text import compile_sample
from ingress.filter.act import Act, Request
from ingress.filter.overrides import overrides_of
from ingress.filter.reply import Reply, in_words
from ingress.model.admission import LimitConcurrent, LimitRate
from ingress.model.condition import Call, Expression
from ingress.model.reason import Reason
from ingress.observe.tally import Tallies

SOURCE: Final = Expression(Call("src"))
MICROSECONDS: Final = 1_000_000


class _Meters(Protocol):
    tallies: Tallies


class _World(Protocol):
    meters: _Meters

    def now(self) -> float: ...


def _world(client: Client) -> _World:
    return cast(_World, client.surroundings)


def _counted(by: Expression, prefix: int) -> Callable[[Request, Client], bytes]:
    """What of a request is counted; those that have none of it are counted together."""
    take: Callable[[Any, Client], bytes | None] = compile_sample(by, Type.BIN)
    if by != SOURCE or prefix == 128:
        return lambda request, client: take(request, client) or b""
    mask = (1 << 128) - (1 << 128 - prefix)

    def network(request: Request, client: Client) -> bytes:
        address = take(request, client) or b""
        if len(address) != 16:
            return address
        return (int.from_bytes(address, "big") & mask).to_bytes(16, "big")

    return network


def limit_rate(action: LimitRate) -> Act:
    """Refuse what comes faster than it may."""
    counted = _counted(action.by, action.prefix)
    interval = max(1, round(action.period * MICROSECONDS / action.requests))
    depth = interval * action.burst
    name = f"{action.name} {interval} {depth}".encode()

    def act(request: Request, client: Client) -> Reply | None:
        world = _world(client)
        tallies = world.meters.tallies
        key = tallies.time(name, counted(request, client))
        wait = tallies.take(key, interval, depth, int(world.now() * MICROSECONDS))
        return _too_many(ceil(wait / MICROSECONDS)) if wait else None

    return act


def limit_concurrent(action: LimitConcurrent) -> Act:
    """Refuse what is more than may be under way at a time."""
    counted = _counted(action.by, action.prefix)
    name = f"{action.name} {action.most}".encode()

    def act(request: Request, client: Client) -> Reply | None:
        tallies = _world(client).meters.tallies
        key = tallies.gauge(name, counted(request, client))
        if not tallies.enter(key, action.most):
            return _too_many(1)
        overrides_of(request).at_end.append(lambda: tallies.leave(key))
        return None

    return act


def _too_many(seconds: int) -> Reply:
    reply = in_words(429, Reason.TOO_MANY_REQUESTS)
    return Reply(429, reply.reason, b"Retry-After: %d\r\n" % seconds, reply.body)
